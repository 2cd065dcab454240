/**
 * What a kill -9 of a worker process costs: four processes of one worker each train lenet on CIFAR-10 over a private nats-server,
 * and one after the other is killed. Printed per kill: seconds until the server has declared its worker lost, until the process
 * has entered again, until its worker has joined, and until a commit has a contribution of it; and the longest pause between
 * commits meanwhile, beside the longest before. Medians last.
 *
 *   node scripts/bench.mjs recovery
 *   node scripts/bench.mjs recovery --kills 20 --model mlp --dataset mnist
 */
import { filter, firstValueFrom, map, merge, pairwise, take, toArray } from 'rxjs';
import type { EngineStep } from '../protocols/sync/events.js';
import { train } from '../src/index.js';
import { collectLessOften } from '../src/memory/collect-less-often.js';
import { addOption, benchCommand, wholeNumber } from './command-line.js';

collectLessOften();

const command = benchCommand(
  'bench:recovery',
  'Seconds from the kill of one of four worker processes until it contributes again, and how long the others pause.',
);
const text = (words: string): string => words;
addOption(command, { flag: '--kills N', help: 'processes to kill, one after the other' }, 10, wholeNumber);
addOption(command, { flag: '--processes N', help: 'processes of workers, one worker each' }, 4, wholeNumber);
addOption(command, { flag: '--model NAME', help: 'what is trained' }, 'lenet', text);
addOption(command, { flag: '--dataset NAME', help: 'on what' }, 'cifar10', text);
const { kills, processes, model, dataset } = command
  .parse()
  .opts<{ kills: number; processes: number; model: string; dataset: string }>();

const run = train({
  ...{ processes, workers: processes, model, dataset, policy: 'k-async', waitCount: 2 },
  ...{ localSteps: 10, batchSize: 32, threads: processes, rounds: null, time: 3600, evalEvery: 1_000_000 },
  ...{ straggler: 'constant:mean=0.2', maxRestarts: 1000, out: false },
});
run.done.catch(() => undefined);
const startedPids = new Map<string, number>();
run.notices$.subscribe(({ message }) => {
  const [, process, pid] = /^(\S+): started, pid (\d+)$/.exec(message) ?? [];
  if (process !== undefined) startedPids.set(process, Number(pid));
});

const now = (): number => performance.now() / 1000;
const commits$ = run.steps$.pipe(filter(({ effects }) => effects.some(({ type }) => type === 'commit')));
const pauses$ = commits$.pipe(
  map(now),
  pairwise(),
  map(([before, after]) => after - before),
);

function contributes({ effects }: EngineStep, worker: number, incarnation: number): boolean {
  return effects.some(
    (effect) =>
      effect.type === 'commit' &&
      effect.contributions.some(({ updateId }) => {
        const [whose, life] = updateId.split('.').map(Number);
        return whose === worker && (life ?? 0) > incarnation;
      }),
  );
}

/** Seconds from now until the first value. */
const until = async (event: Promise<unknown>, began: number): Promise<number> => {
  await event;
  return now() - began;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const shown = (values: readonly number[]): string =>
  values.map((value) => value.toFixed(2).padStart(10)).join('');

await firstValueFrom(
  merge(
    ...Array.from({ length: processes }, (_, worker) =>
      commits$.pipe(
        filter((step) => contributes(step, worker, 0)),
        take(1),
      ),
    ),
  ).pipe(toArray()),
);
const quiet = Math.max(...(await firstValueFrom(pauses$.pipe(take(30), toArray()))));
process.stdout.write(
  `${processes} processes, ${model} on ${dataset}, Node ${process.versions.node}; longest pause before: ${quiet.toFixed(2)} s\n`,
);
process.stdout.write(
  `${''.padEnd(8)}${['lost', 'entered', 'joined', 'contributes', 'pause'].map((name) => name.padStart(10)).join('')}\n`,
);

const rows: (readonly number[])[] = [];
for (let kill = 0; kill < kills; kill += 1) {
  const name = `own-${(kill % processes) + 1}`;
  const pid = startedPids.get(name);
  if (pid === undefined) throw new Error(`no process ${name}`);
  const lost = firstValueFrom(
    run.steps$.pipe(
      map(({ event }) => event),
      filter((event) => event.type === 'worker-lost'),
    ),
  );
  let longest = 0;
  const pauses = pauses$.subscribe((pause) => {
    longest = Math.max(longest, pause);
  });
  const began = now();
  process.kill(pid, 'SIGKILL');
  const { worker, incarnation } = await lost;
  const lostAfter = now() - began;
  const entered = firstValueFrom(
    run.notices$.pipe(filter(({ message }) => message.startsWith(`process ${name} entered`))),
  );
  const joined = firstValueFrom(
    run.steps$.pipe(filter(({ event }) => event.type === 'worker-joined' && event.worker === worker)),
  );
  const again = firstValueFrom(run.steps$.pipe(filter((step) => contributes(step, worker, incarnation))));
  const row = [
    lostAfter,
    ...(await Promise.all([until(entered, began), until(joined, began), until(again, began)])),
    longest,
  ];
  pauses.unsubscribe();
  rows.push(row);
  process.stdout.write(`kill ${String(kill + 1).padEnd(3)}${shown(row)}\n`);
}
process.stdout.write(
  `median  ${shown((rows[0] ?? []).map((_, column) => median(rows.map((row) => row[column] ?? NaN))))}\n`,
);
await run.stop('now').catch(() => undefined);
