/** Makes a small live run that is left in a folder, with lives that end in it, and reads it back. */
import assert from 'node:assert/strict';
import { firstValueFrom, type Observable } from 'rxjs';
import { filter, scan } from 'rxjs/operators';
import type { Effect, EngineStep } from '../../protocols/sync/events.js';
import { train, type TrainOptions } from '../../src/index.js';
import { readRun, type StoredRun } from '../../src/telemetry/read-run.js';

export interface RecordedRun {
  readonly stored: StoredRun;
  readonly steps: readonly EngineStep[];
}

/** The worker that is crashed. */
export const crashed = 1;

/** What a run has to have seen before it may end. */
interface Seen {
  readonly rounds: number;
  readonly restarts: number;
  /** Rounds that closed with fewer updates than K^t. */
  readonly degraded: number;
  /** Updates of the crashed worker's second life that count. */
  readonly secondLife: number;
}

export type Wanted = Partial<Omit<Seen, 'secondLife'>>;

/**
 * Trains, crashes a worker on the way, and goes on until it has contributed again and everything wanted has been seen; only
 * then is the run told to end, after its open round. So whatever the machine does, the record has it all.
 * @param options without an end of its own
 */
export async function recordRun(
  options: TrainOptions & { out: string },
  wanted: Wanted,
): Promise<RecordedRun> {
  const run = train(options);
  const seen$ = run.steps$.pipe(scan((seen: Seen, step) => observe(seen, step), nothing));
  const crash = firstWith(seen$, ({ rounds }) => rounds >= 3).then(() => run.crash(crashed));
  const enough = firstWith(
    seen$,
    ({ rounds, restarts, degraded, secondLife }) =>
      rounds >= (wanted.rounds ?? 0) &&
      restarts >= (wanted.restarts ?? 0) &&
      degraded >= (wanted.degraded ?? 0) &&
      secondLife > 0,
  ).then(() => run.stop('finish-round'));
  const [wasThere] = await Promise.all([crash, enough, run.done]);
  assert.equal(wasThere, true, 'there was no life to end');
  const stored = await readRun(options.out);
  const steps: EngineStep[] = [];
  for await (const step of stored.journal()) steps.push(step);
  return { stored, steps };
}

const nothing: Seen = { rounds: 0, restarts: 0, degraded: 0, secondLife: 0 };

function firstWith(seen$: Observable<Seen>, holds: (seen: Seen) => boolean): Promise<Seen> {
  return firstValueFrom(seen$.pipe(filter(holds)));
}

function observe(seen: Seen, { event, effects }: EngineStep): Seen {
  const isSecond = event.type === 'update-arrived' && event.worker === crashed && event.incarnation > 1;
  const count = (holds: (effect: Effect) => boolean) => effects.filter(holds).length;
  return {
    rounds: seen.rounds + count(({ type }) => type === 'commit'),
    restarts: seen.restarts + count(({ type }) => type === 'cancel'),
    degraded: seen.degraded + count((effect) => effect.type === 'commit' && effect.degraded !== null),
    secondLife: seen.secondLife + (isSecond ? count(({ type }) => type === 'accumulate') : 0),
  };
}
