/** The pool over threads that the test plays: they start, answer and die when it says so, on a virtual clock. */
import assert from 'node:assert/strict';
import { compileModules } from '../../src/compute/compiled-modules.js';
import type { LocalUpdate, ModelInfo } from '../../src/compute/compute.js';
import type { ThreadHandlers } from '../../src/compute/compute-thread.js';
import { postModel } from '../../src/compute/model-source.js';
import { type Job, type JobMessage, postError, type ThreadData } from '../../src/compute/thread-messages.js';
import { ThreadPool } from '../../src/compute/thread-pool.js';
import { StalewartError } from '../../src/errors.js';
import { createVirtualClock } from '../support/virtual-clock.js';
import { makeDataset, makePartitions } from './fixtures/data.js';

const initial = new Float32Array(1);
const model: ModelInfo = {
  name: 'played',
  parameterCount: 1,
  weights: [],
  initial,
  topology: {},
  engine: 'tfjs',
  engineReason: 'played',
};
const update: LocalUpdate = {
  delta: initial,
  steps: 1,
  samples: 1,
  loss: 1,
  firstLoss: 1,
  computeSeconds: 0,
};

interface PlayedThread {
  readonly handlers: ThreadHandlers;
  readonly given: JobMessage[];
  ended: boolean;
}

async function bench(threads: number) {
  const clock = createVirtualClock();
  const started: PlayedThread[] = [];
  const warnings: string[] = [];
  const dataset = makeDataset();
  const data: ThreadData = {
    model: await postModel('mlp'),
    dataset,
    partitions: makePartitions(dataset, 4),
    batchSize: 1,
    learningRate: 0.1,
    localOptimizer: 'sgd',
    seed: 1,
    backend: 'wasm',
    engine: 'tfjs',
    modules: await compileModules(),
  };
  const starting = ThreadPool.start(data, threads, {
    warn: (message) => warnings.push(message),
    clock,
    startThread: (_data, handlers) => {
      const thread: PlayedThread = { handlers, given: [], ended: false };
      started.push(thread);
      return {
        give: (message) => void thread.given.push(message),
        end: () => Promise.resolve(void (thread.ended = true)),
      };
    },
  });
  for (const { handlers } of started) handlers.ready(model);
  const { pool } = await starting;
  /** The last thread that was started. */
  const last = (): PlayedThread => {
    const thread = started.at(-1);
    assert.ok(thread);
    return thread;
  };
  const die = (thread: PlayedThread, message = 'it exited'): void =>
    thread.handlers.died(new StalewartError('COMPUTE', message));
  return { clock, pool, started, warnings, last, die };
}

function train(worker: number, attempt = 1): Job {
  return { type: 'train', task: { worker, attempt, parameters: initial, localSteps: 1 } };
}

function workersOf({ given }: PlayedThread): readonly (number | null)[] {
  return given.map(({ job }) => (job.type === 'train' ? job.task.worker : null));
}

/** Answers the job as a real thread does: one that is cancelled is not done. */
function answerLikeAThread({ given, handlers }: PlayedThread, job: number): void {
  const cancel = given[job]?.cancel;
  assert.ok(cancel, `no job ${job} was given`);
  handlers.answered(Atomics.load(cancel, 0) === 0 ? { type: 'trained', update } : { type: 'cancelled' });
}

const isCompute = (message: RegExp) => (error: unknown) =>
  error instanceof StalewartError && error.code === 'COMPUTE' && message.test(error.message);

describe('thread pool', () => {
  it('replaces a thread that dies idle after a pause that doubles, and gives up after five', async () => {
    const { clock, pool, started, warnings, last, die } = await bench(1);
    for (const [deaths, pause] of [0.1, 0.2, 0.4, 0.8, 1.6].entries()) {
      assert.equal(started.length, deaths + 1);
      die(last());
      await clock.advance(pause * 0.99);
      assert.equal(started.length, deaths + 1, 'not before its pause is over');
      await clock.advance(pause * 0.02);
      assert.equal(started.length, deaths + 2);
      last().handlers.ready(model);
    }
    assert.match(warnings[1] ?? '', /^a compute thread ended idle, it is replaced in 0\.2 s: it exited$/);
    die(last());
    assert.equal(
      warnings[5],
      'a compute thread could not be replaced, 0 are left: 6 in a row ended idle: it exited',
    );
    assert.equal(warnings.length, 6);
    await clock.advance(1000);
    assert.equal(started.length, 6);
    await assert.rejects(
      pool.submit(train(0), null),
      isCompute(/^no compute thread is left: .*6 in a row ended idle: it exited/),
    );
  });

  it('keeps jobs while a replacement is awaited, and rejects them when none comes', async () => {
    const { clock, pool, started, last, die } = await bench(1);
    die(last());
    const waiting = pool.submit(train(3), null);
    const rejected = assert.rejects(waiting, isCompute(/^no compute thread is left: .*out of memory/));
    await clock.advance(0.1);
    assert.equal(started.length, 2);
    last().handlers.cannotStart({ phase: 'backend', error: new Error('out of memory') });
    await rejected;
    assert.equal(clock.pending(), 0);
  });

  it('gives a waiting job to the replacement', async () => {
    const { clock, pool, last, die } = await bench(1);
    die(last());
    const waiting = pool.submit(train(3), null);
    await clock.advance(0.1);
    last().handlers.ready(model);
    assert.equal(last().given.length, 1);
    last().handlers.answered({ type: 'trained', update });
    assert.equal((await waiting).type, 'trained');
  });

  it('counts idle deaths anew once a job is done', async () => {
    const { clock, pool, warnings, last, die } = await bench(1);
    for (let round = 0; round < 4; round += 1) {
      for (const pause of [0.1, 0.2, 0.4]) {
        die(last());
        await clock.advance(pause);
        last().handlers.ready(model);
      }
      const done = pool.submit(train(0), null);
      last().handlers.answered({ type: 'trained', update });
      await done;
    }
    assert.equal(warnings.length, 12);
    assert.ok(warnings.every((warning) => /replaced in 0\.[124] s/.test(warning)));
  });

  it('goes on with the threads that are left, each place with a count of its own', async () => {
    const { clock, pool, started, warnings, last, die } = await bench(2);
    const [first, second] = started;
    assert.ok(first && second);
    die(first);
    for (const pause of [0.1, 0.2, 0.4, 0.8, 1.6]) {
      await clock.advance(pause);
      last().handlers.ready(model);
      die(last());
    }
    assert.match(warnings.at(-1) ?? '', /^a compute thread could not be replaced, 1 are left/);
    const done = pool.submit(train(0), null);
    second.handlers.answered({ type: 'trained', update });
    await done;
    die(second);
    assert.match(warnings.at(-1) ?? '', /replaced in 0\.1 s/);
  });

  it('takes jobs as long as a replacement is awaited, though no thread is there', async () => {
    const { clock, pool, started, warnings, last, die } = await bench(2);
    const [first, second] = started;
    assert.ok(first && second);
    const lost = assert.rejects(pool.submit(train(0), null), isCompute(/killed/));
    die(second);
    die(first, 'killed');
    last().handlers.cannotStart({ phase: 'backend', error: new Error('out of memory') });
    await lost;
    assert.match(warnings.at(-1) ?? '', /could not be replaced, 1 are left: out of memory/);
    const waiting = pool.submit(train(1), null);
    await clock.advance(0.1);
    last().handlers.ready(model);
    last().handlers.answered({ type: 'trained', update });
    assert.equal((await waiting).type, 'trained');
  });

  it('replaces a thread that dies with a job at once', async () => {
    const { pool, started, warnings, last, die } = await bench(1);
    const lost = pool.submit(train(0), null);
    die(last(), 'killed');
    await assert.rejects(lost, isCompute(/^killed$/));
    assert.equal(started.length, 2);
    assert.deepEqual(warnings, ['a compute thread is replaced: killed']);
  });

  it('refuses everything, and replaces no thread, once a job shows that it cannot be done', async () => {
    const { pool, started } = await bench(2);
    const error = new StalewartError('MODEL', 'the wasm backend has no 3.0 MB of memory left');
    const jobs = [0, 1, 2].map((worker) => pool.submit(train(worker), null));
    const [first, second, third] = jobs;
    assert.ok(first && second && third);
    const isTheError = (thrown: unknown): boolean =>
      thrown instanceof StalewartError && thrown.code === 'MODEL' && thrown.message === error.message;
    const rejections = [first, third].map((job) => assert.rejects(job, isTheError));
    started[0]?.handlers.answered({ type: 'failed', error: postError(error) });
    started[1]?.handlers.answered({ type: 'trained', update });
    await Promise.all(rejections);
    assert.equal((await second).type, 'trained');
    await assert.rejects(pool.submit(train(3), null), isTheError);
    assert.deepEqual(
      started.map(({ ended }) => ended),
      [true, false],
    );
  });

  it('awaits no replacement after it is closed', async () => {
    const { clock, pool, started, last, die } = await bench(2);
    die(last());
    await pool.close();
    assert.equal(clock.pending(), 0);
    assert.ok(started.every(({ ended }) => ended));
    await clock.advance(10);
    assert.equal(started.length, 2);
  });

  it('gives each thread its next job ahead, while one is left for every thread', async () => {
    const { pool, started } = await bench(2);
    const given = () => started.map((thread) => workersOf(thread));
    const submit = (worker: number) => void pool.submit(train(worker), null);
    for (const worker of [0, 1, 2]) submit(worker);
    assert.deepEqual(given(), [[0], [1]], 'whoever is done first finds the third');
    submit(3);
    assert.deepEqual(given(), [[0, 2], [1]]);
    submit(4);
    assert.deepEqual(given(), [
      [0, 2],
      [1, 3],
    ]);
    for (const worker of [5, 6, 7]) submit(worker);
    assert.deepEqual(given(), [
      [0, 2],
      [1, 3],
    ]);
    started[1]?.handlers.answered({ type: 'trained', update });
    assert.deepEqual(given(), [
      [0, 2],
      [1, 3, 4],
    ]);
  });

  it('gives to another thread what a thread that died had ahead, before all others', async () => {
    const { pool, started, die } = await bench(1);
    const [lost, ahead, third] = [0, 1, 2].map((worker) => pool.submit(train(worker), null));
    const [first] = started;
    assert.ok(first);
    assert.deepEqual(workersOf(first), [0, 1]);
    die(first, 'killed');
    await assert.rejects(lost ?? Promise.resolve(), isCompute(/^killed$/));
    const second = started[1];
    assert.ok(second);
    second.handlers.ready(model);
    assert.deepEqual(workersOf(second), [1, 2]);
    for (let job = 0; job < 2; job += 1) second.handlers.answered({ type: 'trained', update });
    assert.equal((await ahead)?.type, 'trained');
    assert.equal((await third)?.type, 'trained');
  });

  it('blames the job that threw, not the one ahead', async () => {
    const { pool, started } = await bench(1);
    const [bad, good] = [0, 1].map((worker) => pool.submit(train(worker), null));
    const error = postError(new Error('bad labels'));
    started[0]?.handlers.answered({ type: 'failed', error });
    await assert.rejects(bad ?? Promise.resolve(), isCompute(/^attempt 1 of worker 0 failed: bad labels$/));
    started[1]?.handlers.ready(model);
    started[1]?.handlers.answered({ type: 'trained', update });
    assert.equal((await good)?.type, 'trained');
  });

  it('replaces a thread whose job does not stop when it is to, and gives what it had ahead to another', async () => {
    const { clock, pool, started, warnings } = await bench(1);
    const stale = new AbortController();
    const stuck = pool.submit(train(0), stale.signal);
    const ahead = pool.submit(train(1), null);
    stale.abort(new Error('too stale'));
    await clock.advance(29);
    assert.equal(started.length, 1);
    await clock.advance(2);
    await assert.rejects(stuck, /too stale/);
    assert.deepEqual(warnings, ['a compute thread is replaced: a step did not end within 30 s']);
    assert.equal(started[0]?.ended, true);
    started[1]?.handlers.ready(model);
    started[1]?.handlers.answered({ type: 'trained', update });
    assert.equal((await ahead).type, 'trained');
    assert.equal(clock.pending(), 0);
  });

  it('watches over a job that was aborted while its thread had it ahead, or had begun it unseen', async () => {
    const { clock, pool, started } = await bench(1);
    const stale = new AbortController();
    const first = pool.submit(train(0), null);
    const stuck = pool.submit(train(1), stale.signal);
    stale.abort(new Error('too stale'));
    await assert.rejects(stuck, /too stale/);
    started[0]?.handlers.answered({ type: 'trained', update });
    await first;
    await clock.advance(31);
    assert.equal(started.length, 2, 'its thread is replaced');
    assert.equal(clock.pending(), 0);
  });

  it('keeps a thread whose job stops in time', async () => {
    const { clock, pool, started, last } = await bench(1);
    const stale = new AbortController();
    const cancelled = pool.submit(train(0), stale.signal);
    stale.abort(new Error('too stale'));
    await clock.advance(29);
    last().handlers.answered({ type: 'cancelled' });
    await assert.rejects(cancelled, /too stale/);
    assert.equal(clock.pending(), 0);
    assert.equal(started.length, 1);
  });

  it('lets a worker that is restarted while it waits keep its place', async () => {
    const { pool, last } = await bench(1);
    const stale = new AbortController();
    const settled = [0, 5].map((worker) => pool.submit(train(worker), null));
    const cancelled = pool.submit(train(1), stale.signal);
    settled.push(pool.submit(train(2), null));
    stale.abort(new Error('too stale'));
    await assert.rejects(cancelled, /too stale/);
    settled.push(pool.submit(train(1, 2), null));
    for (let job = 0; job < 4; job += 1) answerLikeAThread(last(), job);
    await Promise.all(settled);
    assert.deepEqual(workersOf(last()), [0, 5, 1, 2]);
  });

  it('rejects a job ahead at once when it is aborted, and its worker keeps the place', async () => {
    const { pool, last } = await bench(1);
    const stale = new AbortController();
    const settled = [pool.submit(train(0), null)];
    const cancelled = pool.submit(train(1), stale.signal);
    settled.push(pool.submit(train(2), null));
    assert.deepEqual(workersOf(last()), [0, 1], 'given ahead');
    stale.abort(new Error('too stale'));
    await assert.rejects(cancelled, /too stale/);
    settled.push(pool.submit(train(1, 2), null));
    for (let job = 0; job < 4; job += 1) answerLikeAThread(last(), job);
    await Promise.all(settled);
    assert.deepEqual(workersOf(last()), [0, 1, 1, 2]);
    assert.equal(Atomics.load(last().given[1]?.cancel ?? new Int32Array(1), 0), 1);
  });

  it('does not give again what was aborted while a thread had it ahead', async () => {
    const { pool, started, die } = await bench(1);
    const stale = new AbortController();
    const lost = pool.submit(train(0), null);
    const cancelled = pool.submit(train(1), stale.signal);
    stale.abort(new Error('too stale'));
    await assert.rejects(cancelled, /too stale/);
    die(started[0] ?? assert.fail('no thread'), 'killed');
    await assert.rejects(lost, isCompute(/^killed$/));
    started[1]?.handlers.ready(model);
    assert.deepEqual(started[1]?.given, []);
  });
});
