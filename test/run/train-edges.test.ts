/** A run at its edges: stopped while it is prepared or evaluated, out of time, short of its wait count, unable to save. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import { filter, firstValueFrom, map, Subject, take, toArray } from 'rxjs';
import {
  type Policy,
  type Run,
  StalewartError,
  type Summary,
  train,
  type TrainOptions,
} from '../../src/index.js';
import { readRun } from '../../src/telemetry/read-run.js';
import { makeDataset } from '../compute/fixtures/data.js';
import { smallRun } from './fixtures/small-run.js';

const small: TrainOptions = { ...smallRun, threads: 1, backend: 'wasm', rounds: 12, evalEvery: 1000 };

function isError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StalewartError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

const isStopped = isError('STOPPED', /^the run was stopped before it began to train$/);

/** Does this as soon as the round has closed, before the run hears anything else. */
function atRound(run: Run, version: number, action: () => void): void {
  run.rounds$.pipe(filter((round) => round.version === version)).subscribe(action);
}

/** At once, while the run cannot go on: what is written next fails. */
function replaceByFile(folder: string): void {
  rmSync(folder, { recursive: true });
  writeFileSync(folder, '');
}

describe('a run at its edges', () => {
  let folder: string;
  let out: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-edges-'));
    out = join(folder, 'run');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  describe('stopped before it trains', () => {
    it('leaves nothing behind, and says so in one error', async () => {
      const run = train({ ...small, out });
      await assert.rejects(run.stop(), isStopped);
      await assert.rejects(run.ready, isStopped);
      assert.equal(run.summary(), null);
      assert.deepEqual(await readdir(folder), []);
    });

    it('breaks off what fetches the data', async () => {
      const module = join(folder, 'slow.mjs');
      await writeFile(
        module,
        `import { BroadcastChannel } from 'node:worker_threads';
         export const createDataset = () => {
           const channel = new BroadcastChannel('slow-data');
           channel.postMessage('asked for');
           channel.close();
           return new Promise(() => {});
         };`,
      );
      const channel = new BroadcastChannel('slow-data');
      const asked = new Promise((resolve) => (channel.onmessage = resolve));
      const run = train({ ...small, dataset: module, out });
      await asked;
      channel.close();
      await assert.rejects(run.stop(), isStopped);
      assert.deepEqual(await readdir(folder), ['slow.mjs']);
    });

    it('breaks off the start of the compute threads, whatever they are doing', async () => {
      const module = join(folder, 'busy.mjs');
      await writeFile(
        module,
        `import { BroadcastChannel } from 'node:worker_threads';
         export const createModel = () => {
           const channel = new BroadcastChannel('busy-model');
           channel.postMessage('asked for');
           for (;;);
         };`,
      );
      const channel = new BroadcastChannel('busy-model');
      const asked = new Promise((resolve) => (channel.onmessage = resolve));
      const run = train({ ...small, model: module, out });
      await asked;
      channel.close();
      await assert.rejects(run.stop(), isStopped);
      assert.deepEqual(await readdir(folder), ['busy.mjs']);
    });

    it('breaks off a connection, too, and closes it', async () => {
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      assert.ok(typeof address === 'object' && address !== null);
      const connected = once(server, 'connection');
      const run = train({ ...small, nats: `nats://127.0.0.1:${address.port}`, out });
      const [socket] = (await connected) as [{ destroy(): void }];
      const stopped = assert.rejects(run.stop(), isStopped);
      server.close();
      socket.destroy();
      await stopped;
      assert.deepEqual(await readdir(folder), []);
    });

    it('heeds a signal that is aborted already, or later', async () => {
      await assert.rejects(train({ ...small, out }, { signal: AbortSignal.abort() }).done, isStopped);
      const controller = new AbortController();
      const run = train({ ...small, rounds: null, time: 600 }, { signal: controller.signal });
      atRound(run, 3, () => controller.abort());
      const summary = await run.done;
      assert.deepEqual([summary.status, summary.reason], ['stopped', 'stopped by the user']);
    });
  });

  describe('stopped at its end', () => {
    it('is finished, not stopped, when its last round closed first', async () => {
      const run = train(small);
      atRound(run, 12, () => void run.stop());
      const summary = await run.done;
      assert.deepEqual([summary.status, summary.reason], ['finished', '12 rounds']);
      assert.notEqual(summary.finalAccuracy, null);
    });

    it('does not wait for the final evaluation when it is to end at once', async () => {
      const run = train({ ...small, evalEvery: 5, out });
      const evaluated = firstValueFrom(run.evaluations$.pipe(toArray()));
      atRound(run, 12, () => void run.stop('now'));
      const summary = await run.done;
      assert.equal(summary.status, 'finished');
      assert.equal(summary.finalAccuracy, null);
      assert.ok((await evaluated).every(({ version }) => version < 12));
      assert.equal(run.savedModel(), join(out, 'model'));
    });

    it('ends at once at 0 rounds without a model', async () => {
      const run = train({ ...small, policy: 'local-sgd', straggler: 'constant:mean=1e5', out });
      await firstValueFrom(run.steps$.pipe(take(1)));
      const summary = await run.stop('now');
      assert.deepEqual([summary.status, summary.rounds], ['stopped', 0]);
      assert.equal(run.savedModel(), null);
      assert.ok(!(await readdir(out)).includes('model'));
    });
  });

  it('answers false to a crash after its end', async () => {
    const run = train(small);
    assert.equal(await run.crash(0), false);
    await run.done;
    assert.equal(await run.crash(0), false);
  });

  it('hands out streams that only it can feed', async () => {
    const run = train(small);
    const streams = [run.rounds$, run.evaluations$, run.restarts$, run.failures$, run.steps$, run.notices$];
    for (const stream of streams) assert.ok(!(stream instanceof Subject));
    await run.done;
  });

  describe('unable to save', () => {
    it('tells what was reached, and then what failed', async () => {
      const run = train({ ...small, out });
      await run.ready;
      // A file where the folder of the model is to be made.
      atRound(run, 12, () => replaceByFile(out));
      const notices = firstValueFrom(run.notices$.pipe(toArray()));
      await assert.rejects(run.done, (error) => {
        assert.ok(error instanceof StalewartError);
        assert.deepEqual([error.code, error.exitCode], ['WRITE', 1]);
        assert.match(error.message, /model cannot be written: /);
        return true;
      });
      assert.equal(run.summary()?.status, 'finished');
      assert.equal(run.savedModel(), null);
      assert.ok(
        (await notices).some(({ message }) => message.includes('summary.json can no longer be written')),
      );
    });

    it('does not hide why training failed', async () => {
      const run = train({ ...small, out, learningRate: 1e6, rounds: 500 });
      run.steps$.pipe(take(1)).subscribe(() => replaceByFile(out));
      await assert.rejects(run.done, isError('NON_FINITE', /^round \d+, worker \d/));
      assert.equal(run.summary()?.status, 'failed');
    });
  });

  it('ends when its time is up', async () => {
    const summary = await train({ ...small, rounds: null, time: 0.3 }).done;
    assert.deepEqual([summary.status, summary.reason], ['finished', '0.3 seconds']);
    assert.ok(summary.rounds > 0);
    assert.ok(summary.wallSeconds >= 0.2);
  });

  it('closes a round short when its deadline has passed', async () => {
    const run = train({
      ...small,
      policy: 'local-sgd',
      rounds: 2,
      straggler: 'constant:mean=0.001',
      slowdown: '3:1e8',
      roundDeadline: 0.3,
    });
    const rounds = firstValueFrom(run.rounds$.pipe(toArray()));
    const summary = await run.done;
    assert.equal(summary.reason, '2 rounds');
    for (const { waitCount, degraded } of await rounds) {
      assert.equal(waitCount, 4);
      assert.match(degraded ?? '', /./);
    }
  });

  it('goes on when a compute thread exits, and restarts the worker whose task it had', async () => {
    setEnvironmentData('exit-once-steps', new Int32Array(new SharedArrayBuffer(4)));
    try {
      const model = new URL('./fixtures/exit-once-model.js', import.meta.url).pathname;
      const run = train({
        ...small,
        // Nobody is restarted: a thread that dies of a task that was withdrawn meanwhile costs no worker its life.
        policy: 'k-async',
        waitCount: 2,
        model,
        threads: 2,
        rounds: null,
        time: 60,
        restartBackoff: 0.01,
      });
      const failures = firstValueFrom(run.failures$.pipe(toArray()));
      const notices = firstValueFrom(run.notices$.pipe(toArray()));
      // Until the worker's second life has contributed.
      const [committed] = await firstValueFrom(
        run.steps$.pipe(
          map(({ effects }) => effects.flatMap((e) => (e.type === 'commit' ? e.contributions : []))),
          map((all) => all.filter(({ updateId }) => updateId.split('.')[1] === '2')),
          filter((ofSecondLife) => ofSecondLife.length > 0),
        ),
      );
      const summary = await run.stop();
      assert.deepEqual([summary.status, summary.failures], ['stopped', 1]);
      const [failure] = await failures;
      assert.equal(failure?.action, 'restarting');
      assert.equal(failure?.worker, committed?.worker);
      assert.match(failure?.reason ?? '', /exited with code 7/);
      const warned = (await notices).filter(({ level }) => level === 'warn').map(({ message }) => message);
      assert.equal(warned.length, 1);
      assert.match(warned[0] ?? '', /^a compute thread is replaced: .* exited with code 7$/);
    } finally {
      setEnvironmentData('exit-once-steps', undefined);
    }
  });

  it('says that updates are refused, and fails when nothing else comes any more', async () => {
    const run = train({
      ...small,
      learningRate: 1e6,
      localSteps: 20,
      skipNonFinite: true,
      rounds: null,
      time: 600,
    });
    const notices = firstValueFrom(run.notices$.pipe(toArray()));
    await assert.rejects(run.done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.match(
        error.message,
        /^round 1, worker \d: its .* \(100 updates in a row were not finite\): lower learningRate \(1000000\)$/,
      );
      return true;
    });
    assert.ok((await notices).some(({ message }) => /round 1, worker \d: its/.test(message)));
    const summary = run.summary();
    assert.equal(summary?.status, 'failed');
    assert.ok(summary.uploads > 0 && summary.downloads > summary.uploads);
  });

  it('names the policy and the hook that went wrong', async () => {
    const policy: Policy<null> = {
      name: 'mine',
      initial: () => null,
      waitCount: () => ({ value: 1, reason: 'one' }),
      admit: () => ({ accept: true, weight: NaN, reason: 'heavy' }),
    };
    await assert.rejects(train({ ...small, policy }).done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.code, 'POLICY');
      assert.match(error.message, /^policy mine: admit must return /);
      return true;
    });
  });

  it('refuses at once what is no policy', () => {
    const policy = { name: 'mine', waitCount: () => ({ value: 1, reason: 'one' }) } as unknown as Policy;
    assert.throws(() => train({ ...small, policy }), /^StalewartError: policy: it has no function initial/);
  });

  it('keeps the credentials of NATS servers to itself', async () => {
    const dataset = makeDataset();
    const run = train({ ...small, dataset, out, nats: 'nats://me:secret@127.0.0.1:1', batchSize: 8 });
    await assert.rejects(run.done, (error) => {
      assert.ok(error instanceof StalewartError && error.code === 'SERVICE');
      assert.ok(!error.message.includes('secret'));
      return true;
    });
  });

  describe('without training', () => {
    let summary: Summary;
    let run: Run;
    beforeEach(async () => {
      run = train({
        ...small,
        compute: 'none',
        rounds: 40,
        evalEvery: 5,
        targetAccuracy: 0.1,
        straggler: 'exponential:mean=0.002',
        out,
      });
      summary = await run.done;
    });

    it('counts rounds and messages; nothing is learnt, evaluated or saved', async () => {
      const { backend, threads, model } = await run.ready;
      assert.deepEqual([backend, threads], ['none', 0]);
      assert.equal(model.parameterCount, 64 * 256 + 256 + 256 * 10 + 10);
      const { compute, finalAccuracy, trainingLoss, trainedSamples, weightsSha256, reason } = summary;
      assert.deepEqual(
        { compute, finalAccuracy, trainingLoss, trainedSamples, weightsSha256, reason },
        {
          compute: 'none',
          finalAccuracy: null,
          trainingLoss: null,
          trainedSamples: 0,
          weightsSha256: null,
          reason: '40 rounds',
        },
      );
      assert.ok(summary.uploads >= 80);
      assert.equal(run.savedModel(), null);
      assert.ok(!(await readdir(out)).includes('model'));
    });

    it('keeps an adaptive wait count at K0, the loss being 1', async () => {
      const { rounds, evaluations } = await readRun(out);
      assert.deepEqual([...new Set(rounds.map(({ waitCount, loss }) => `${waitCount} ${loss}`))], ['2 1']);
      assert.equal(evaluations.length, 0);
      assert.equal(
        (JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as { compute: string }).compute,
        'none',
      );
    });
  });
});
