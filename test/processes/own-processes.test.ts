/** `train --processes`: the server in one process, its workers in others, which it starts, watches and starts again. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom, map, type Observable, take, toArray } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { LeaveMessage } from '../../protocols/wire/lobby-messages.js';
import { lobbyInbox } from '../../protocols/wire/subjects.js';
import { type Run, train, type TrainOptions } from '../../src/index.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { smallRun } from '../run/fixtures/small-run.js';
import { startNatsServer } from '../support/nats-server.js';
import { endPrograms, startProgram } from './programs.js';

const small: TrainOptions = {
  ...smallRun,
  policy: 'k-async',
  waitCount: 2,
  evalEvery: 100_000,
  heartbeat: 0.2,
  deadAfter: 60,
  uploadRetry: 0.5,
  restartBackoff: 0.1,
  straggler: 'constant:mean=0.02',
};

/** Process ids by name, as the run tells them: `own-1: started, pid 123`. */
function started$(run: Run): Observable<{ readonly process: string; readonly pid: number }> {
  return run.notices$.pipe(
    map(({ message }) => /^(\S+): started, pid (\d+)$/.exec(message)),
    filter((found) => found !== null),
    map(([, process = '', pid]) => ({ process, pid: Number(pid) })),
  );
}

/** Resolves with the first commit, from now, to which the worker contributes. */
function contributionOf(run: Run, worker: number): Promise<EngineStep> {
  const contributes = ({ effects }: EngineStep): boolean =>
    effects.some(
      (effect) => effect.type === 'commit' && effect.contributions.some((part) => part.worker === worker),
    );
  return firstValueFrom(run.steps$.pipe(filter(contributes)));
}

/** Resolves when no process has this id any more. */
function isGone(pid: number): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      try {
        process.kill(pid, 0);
        setImmediate(look);
      } catch {
        resolve();
      }
    };
    look();
  });
}

describe('train in processes of its own', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-own-'));
  });
  afterEach(async () => {
    await endPrograms();
    await rm(folder, { recursive: true });
  });

  it('trains with a nats-server of its own, and leaves no process behind', async () => {
    const run = train({ ...small, processes: 2, rounds: 60 });
    const pids = firstValueFrom(started$(run).pipe(take(2), toArray()));
    assert.equal((await run.ready).transport, 'nats');
    const summary = await run.done;
    assert.equal(summary.rounds, 60);
    assert.equal(summary.failures, 0);
    assert.equal(run.workers().filter(({ contributions }) => contributions > 0).length, 4);
    for (const { pid } of await pids) await isGone(pid);
  });

  it('goes on when one of four is killed, which comes back and contributes; nothing is applied twice', async () => {
    const run = train({ ...small, processes: 4 });
    const steps = firstValueFrom(run.steps$.pipe(toArray()));
    const pids = await firstValueFrom(started$(run).pipe(take(4), toArray()));
    await Promise.all([0, 1, 2, 3].map((worker) => contributionOf(run, worker)));
    const entered = await firstValueFrom(run.rounds$).then(() => run.workers());
    assert.ok(entered.every(({ incarnation }) => incarnation === 1));
    const lost = firstValueFrom(
      run.steps$.pipe(
        map(({ event }) => event),
        filter((event) => event.type === 'worker-lost'),
      ),
    );
    const [victim] = pids;
    assert.ok(victim !== undefined);
    process.kill(victim.pid, 'SIGKILL');
    const { worker, reason, returns } = await lost;
    assert.match(reason, new RegExp(`process ${victim.process}: was killed by SIGKILL`));
    assert.equal(returns, true);
    await firstValueFrom(run.rounds$);
    await contributionOf(run, worker);
    assert.equal(run.workers()[worker]?.incarnation, 2);
    const summary = await run.stop();
    assert.equal(summary.status, 'stopped');
    const applied = (await steps)
      .flatMap(({ effects }) => effects)
      .flatMap((effect) =>
        effect.type === 'commit' ? effect.contributions.map(({ updateId }) => updateId) : [],
      );
    assert.equal(new Set(applied).size, applied.length);
    for (const { pid } of pids) await isGone(pid);
  });

  it('gives a process up that dies again and again, and fails when it was the last', async () => {
    const run = train({ ...small, processes: 1, maxRestarts: 1 });
    const notices = firstValueFrom(run.notices$.pipe(toArray()));
    started$(run).subscribe(({ pid }) => process.kill(pid, 'SIGKILL'));
    await assert.rejects(
      run.done,
      /no process of workers is left: own-1 was the last \(was killed by SIGKILL\)/,
    );
    const told = (await notices)
      .map(({ message }) => message)
      .filter((text) => text.startsWith('process own-1 was'));
    assert.equal(told.length, 2);
    assert.match(told[0] ?? '', /started again in/);
    assert.match(told[1] ?? '', /given up/);
  });

  it('leaves no orphan when it is killed itself', async () => {
    const nats = await startNatsServer();
    const observer = await connectNatsTransport({ url: nats.url });
    const lobby$ = await observer.subscribe(lobbyInbox('run-1'));
    const headers$ = lobby$.pipe(map(({ header }) => header));
    const entered = firstValueFrom(
      headers$.pipe(
        filter(({ type }) => type === 'alive'),
        take(2),
        toArray(),
      ),
    );
    const left = firstValueFrom(
      headers$.pipe(
        filter((header): header is LeaveMessage => header.type === 'leave'),
        take(2),
        toArray(),
      ),
    );
    const parent = startProgram(
      [
        ...[
          'train',
          '--nats',
          nats.url,
          '--run',
          'run-1',
          '--processes',
          '2',
          '--workers',
          '2',
          '--threads',
          '2',
        ],
        ...[
          '--dataset',
          'synthetic:examples=640,test=200,size=8,channels=1',
          '--model',
          'mlp',
          '--heartbeat',
          '0.2',
        ],
      ],
      folder,
    );
    await entered;
    parent.kill('SIGKILL');
    const leaves = await left;
    assert.deepEqual(new Set(leaves.map(({ process }) => process)), new Set(['own-1', 'own-2']));
    for (const { reason } of leaves) assert.equal(reason, 'the process that started it is gone');
    await observer.close();
    await nats.stop();
  });
});
