/** The pool over threads that the test plays: they start, answer and die when it says so, on a virtual clock. */
import assert from 'node:assert/strict';
import type { LocalUpdate, ModelInfo } from '../../src/compute/compute.js';
import type { ThreadHandlers } from '../../src/compute/compute-thread.js';
import { postModel } from '../../src/compute/model-source.js';
import type { Job, JobMessage, ThreadData } from '../../src/compute/thread-messages.js';
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

  it('awaits no replacement after it is closed', async () => {
    const { clock, pool, started, last, die } = await bench(2);
    die(last());
    await pool.close();
    assert.equal(clock.pending(), 0);
    assert.ok(started.every(({ ended }) => ended));
    await clock.advance(10);
    assert.equal(started.length, 2);
  });

  it('lets a worker that is restarted while it waits keep its place', async () => {
    const { pool, last } = await bench(1);
    const stale = new AbortController();
    const settled = [
      pool.submit(train(0), null),
      pool.submit(train(1), stale.signal).catch(() => 'cancelled'),
      pool.submit(train(2), null),
    ];
    stale.abort(new Error('too stale'));
    settled.push(pool.submit(train(1, 2), null));
    for (let job = 0; job < 3; job += 1) last().handlers.answered({ type: 'trained', update });
    await Promise.all(settled);
    const order = last().given.map(({ job }) => (job.type === 'train' ? job.task.worker : null));
    assert.deepEqual(order, [0, 1, 2]);
  });
});
