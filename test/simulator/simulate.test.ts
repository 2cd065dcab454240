/** Whole runs in simulated time, with real gradients. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { firstValueFrom, toArray } from 'rxjs';
import { type Run, simulate, StalewartError, type TrainOptions } from '../../src/index.js';
import { smallRun } from '../run/fixtures/small-run.js';

const small: TrainOptions = { ...smallRun, workers: 5, a: 4, threads: 1, time: 12, evalEvery: 4, seed: 3 };

describe('simulate', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-simulate-'));
  });
  after(() => rmSync(folder, { recursive: true }));
  const read = (run: string, file: string) => readFileSync(join(folder, run, file), 'utf8');

  it('gives the same files, byte for byte, with one thread and with two', async () => {
    const out = (threads: number) => join(folder, `with-${threads}`);
    const [one, two] = [
      await simulate({ ...small, threads: 1, out: out(1) }).done,
      await simulate({ ...small, threads: 2, out: out(2) }).done,
    ];
    assert.ok(one.rounds > 10 && one.restarts > 5, 'a run worth comparing');
    assert.equal(one.status, 'finished');
    assert.equal(one.weightsSha256, two.weightsSha256);
    for (const file of ['rounds.csv', 'evaluations.csv']) {
      assert.equal(read('with-1', file), read('with-2', file), file);
    }
    const { threads, ...used } = one.used ?? {};
    assert.deepEqual([threads, two.used], [1, { ...used, threads: 2 }]);
    const steps = (run: string) => read(run, 'journal.jsonl').split('\n').slice(1);
    assert.deepEqual(steps('with-1'), steps('with-2'));
  });

  it('evaluates every version that is due, and the final one', async () => {
    const run = simulate({ ...small, out: false });
    const evaluations = firstValueFrom(run.evaluations$.pipe(toArray()));
    const { rounds, finalAccuracy } = await run.done;
    const due = Array.from({ length: Math.floor(rounds / 4) }, (_, i) => 4 * (i + 1));
    const versions = (await evaluations).map(({ version }) => version);
    assert.deepEqual(versions, [...new Set([...due, rounds])]);
    assert.notEqual(finalAccuracy, null);
  });

  it('evaluates the version in force at T, 2T, …, with one thread as with two', async () => {
    const byTime = {
      ...small,
      evalEvery: undefined,
      evalEveryTime: 1.5,
      evalSamples: 50,
      policy: 'local-sgd',
    };
    for (const threads of [1, 2]) {
      await simulate({ ...byTime, threads, out: join(folder, `by-time-${threads}`) }).done;
    }
    const evaluations = read('by-time-1', 'evaluations.csv');
    assert.equal(evaluations, read('by-time-2', 'evaluations.csv'));
    const rows = (file: string) =>
      file
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',').map(Number));
    const rounds = rows(read('by-time-1', 'rounds.csv'));
    const marks = [1.5, 3, 4.5, 6, 7.5, 9, 10.5, 12];
    const inForce = marks.map((mark) => [rounds.filter(([, time = 0]) => time <= mark).length, mark]);
    const found = rows(evaluations).map(([version, time]) => [version, time]);
    assert.equal(inForce[0]?.[0], 0, 'a mark before the first round');
    // Last the final evaluation, of all test examples.
    assert.deepEqual(found, [...inForce, [rounds.length, 12]]);
  });

  it('evaluates both by rounds and by time, in the order of time', async () => {
    const run = simulate({ ...small, evalEvery: 5, evalEveryTime: 4, out: false });
    const evaluations = firstValueFrom(run.evaluations$.pipe(toArray()));
    await run.done;
    const times = (await evaluations).map(({ time }) => time);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.deepEqual(
      times.filter((time) => Number.isInteger(time)),
      [4, 8, 12],
    );
    assert.ok((await evaluations).some(({ version, time }) => version === 5 && time < 4));
  });

  it('ends at the time at which the version in force reaches the target', async () => {
    const options = { ...small, evalEvery: undefined, evalEveryTime: 2, time: 1000, targetAccuracy: 0.3 };
    const runs = [1, 2].map((threads) => simulate({ ...options, threads, out: false }));
    const last = firstValueFrom((runs[0] as Run).evaluations$.pipe(toArray()));
    const [one, two] = await Promise.all(runs.map(({ done }) => done));
    const record = (await last).at(-1);
    assert.ok(one !== undefined && record !== undefined && record.testAccuracy >= 0.3);
    assert.equal(record.version, one.rounds);
    assert.equal(record.time % 2, 0);
    assert.ok(one.time <= record.time && record.time < one.time + 2);
    assert.deepEqual([one.rounds, one.weightsSha256], [two?.rounds, two?.weightsSha256]);
  });

  it('ends with the first evaluation that reaches the target, at that very version', async () => {
    const options = { ...small, out: false, time: 1000, targetAccuracy: 0.3 } as const;
    const runs = [simulate({ ...options, threads: 1 }), simulate({ ...options, threads: 2 })];
    const [one, two] = await Promise.all(runs.map(({ done }) => done));
    assert.ok(one !== undefined && two !== undefined);
    assert.match(one.reason, /^accuracy 0\.\d+ at version (\d+)$/);
    assert.equal(Number(/\d+$/.exec(one.reason)?.[0]), one.rounds);
    assert.deepEqual([one.rounds, one.weightsSha256], [two.rounds, two.weightsSha256]);
  });

  it('shares weights, partitions and task times between policies', async () => {
    const firsts = await Promise.all(
      ['abs', 'k-async', 'local-sgd'].map(async (policy) => {
        const { rounds: _, ...options } = { ...small, policy, out: false as const, rounds: 3 };
        const run = simulate({ ...options, rounds: 3, time: null, k0: 5, waitCount: 5 });
        const steps = await firstValueFrom(run.steps$.pipe(toArray()));
        return steps.flatMap(({ event }) =>
          event.type === 'update-arrived' && event.attempt === 1
            ? [[event.worker, event.time, event.firstLoss, event.loss]]
            : [],
        );
      }),
    );
    const [abs, ...others] = firsts;
    assert.equal(abs?.length, 5);
    for (const other of others) assert.deepEqual(other, abs);
  });

  it('trains a network with batch normalisation under every way of waiting', async () => {
    for (const policy of ['abs', 'k-async', 'asgd', 'k-sync', 'local-sgd']) {
      const run = simulate({
        dataset: 'synthetic:size=8,channels=1',
        model: 'resnet8',
        policy,
        batchSize: 8,
        rounds: policy === 'asgd' ? 20 : 6,
        evalEvery: 2,
        evalSamples: 200,
        out: false,
      });
      const evaluations = firstValueFrom(run.evaluations$.pipe(toArray()));
      const notices = firstValueFrom(run.notices$.pipe(toArray()));
      await run.done;
      // Moving variances below 0 would show here, as a loss that is not finite.
      for (const { testLoss, version } of await evaluations) {
        assert.ok(Number.isFinite(testLoss), `${policy}: the loss of version ${version} is ${testLoss}`);
      }
      assert.deepEqual(
        (await notices).filter(({ level }) => level === 'warn'),
        [],
      );
    }
  });

  it('trains nothing where only the timing counts, and is the same run else', async () => {
    const options = { ...small, policy: 'k-async', out: false, evalEvery: 1000 } as const;
    const times = async (compute: 'gradients' | 'none') => {
      const run = simulate({ ...options, compute });
      const rounds = firstValueFrom(run.rounds$.pipe(toArray()));
      const summary = await run.done;
      return { summary, times: (await rounds).map(({ time, uploads }) => [time, uploads]) };
    };
    const [trained, timed] = [await times('gradients'), await times('none')];
    assert.deepEqual(timed.times, trained.times);
    assert.equal(timed.summary.weightsSha256, null);
    assert.equal(timed.summary.used?.engine, 'none');
    assert.equal(timed.summary.trainedSamples, 0);
  });

  it('can be stopped, and knows its virtual time', async () => {
    const run = simulate({ ...small, out: false, time: null, rounds: 1_000_000 });
    let asked = 0;
    run.rounds$.subscribe(({ version, time }) => {
      if (version !== 5) return;
      asked = time;
      assert.equal(run.time(), time);
      void run.stop();
    });
    const summary = await run.done;
    assert.deepEqual([summary.status, summary.rounds], ['stopped', 6]);
    assert.ok(summary.time > asked);
    assert.equal(await run.crash(0), false);
  });

  it('fails when the time admits no round, saying so', async () => {
    await assert.rejects(simulate({ ...small, out: false, time: 1e-6 }).done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.deepEqual([error.code, error.field, error.value], ['NO_ROUND', 'time', 1e-6]);
      assert.match(error.message, /^no round was closed in 0\.000001 time units: choose a longer time/);
      return true;
    });
  });

  it('fails when every task is cancelled before its end, and names the limit', async () => {
    const hopeless = { policy: 'mindflayer', timeLimit: 0.5, straggler: 'constant:mean=1', time: undefined };
    const run = simulate({ ...small, ...hopeless, compute: 'none', evalEvery: undefined, out: false });
    await assert.rejects(run.done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.code, 'POLICY');
      assert.equal(
        error.message,
        'policy mindflayer: timeLimit is too short: of the last 100000 tasks none gave an update that counts',
      );
      return true;
    });
  });

  it('fails like a live run when the loss is no longer finite', async () => {
    await assert.rejects(
      simulate({ ...small, out: false, learningRate: 1e6, localSteps: 20 }).done,
      (error) => {
        assert.ok(error instanceof StalewartError);
        assert.equal(error.code, 'NON_FINITE');
        assert.match(error.message, /^round \d+, worker \d: its (loss is|delta has)/);
        return true;
      },
    );
  });
});
