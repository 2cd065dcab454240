import assert from 'node:assert/strict';
import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import type { Compute, LocalTask } from '../../src/compute/compute.js';
import { StalewartError } from '../../src/errors.js';
import { fixture, makeDataset, makePartitions, never, startCompute, withCompute } from './fixtures/data.js';
import { linearOutputs } from './fixtures/linear-model.js';

const faulty = { model: fixture('faulty-model') };

function task(compute: Compute, worker: number, localSteps = 2): LocalTask {
  return { worker, attempt: 1, parameters: compute.model.initial, localSteps };
}

function isCompute(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof StalewartError && error.code === 'COMPUTE' && message.test(error.message);
}

describe('compute pool', () => {
  const steps = new Int32Array(new SharedArrayBuffer(4));
  let compute: Compute;
  before(async () => {
    setEnvironmentData('faulty-model-steps', steps);
    compute = await startCompute(faulty);
  });
  after(async () => {
    setEnvironmentData('faulty-model-steps', undefined);
    await compute.close();
  });

  it('gives the threads their tasks first come, first served', async () => {
    const order: number[] = [];
    await Promise.all(
      [3, 1, 4, 2].map(async (attempt) => {
        await compute.run({ ...task(compute, 0), attempt }, never);
        order.push(attempt);
      }),
    );
    assert.deepEqual(order, [3, 1, 4, 2]);
  });

  it('stops a task at the step boundary after its signal aborts', async () => {
    const firstStep = new BroadcastChannel('faulty-model');
    try {
      const controller = new AbortController();
      const running = compute.run(task(compute, 3, 50_000), controller.signal);
      await new Promise((resolve) => (firstStep.onmessage = resolve));
      const reason = new Error('too stale');
      controller.abort(reason);
      await assert.rejects(running, (error) => error === reason);
      const taken = Atomics.load(steps, 0);
      assert.ok(taken >= 1 && taken < 50_000, `${taken} steps`);
      await compute.run(task(compute, 0), never);
      assert.equal(Atomics.load(steps, 0), taken);
    } finally {
      firstStep.close();
    }
  });

  it('forgets a task that is cancelled before its turn', async () => {
    const controller = new AbortController();
    const first = compute.run(task(compute, 0), never);
    const second = compute.run(task(compute, 0, 50_000), controller.signal);
    const third = compute.run(task(compute, 0), never);
    controller.abort(new Error('restart'));
    await assert.rejects(second, /restart/);
    await Promise.all([first, third]);
    await assert.rejects(compute.run(task(compute, 0), controller.signal), /restart/);
  });

  it('rejects the task whose thread exits, puts a new thread in its place, and goes on', async () => {
    const lost = compute.run(task(compute, 1), never);
    const queued = compute.run(task(compute, 0), never);
    await assert.rejects(lost, isCompute(/exited with code 7/));
    assert.equal((await queued).steps, 2);
  });

  it('rejects the task whose step throws, with the cause, and goes on', async () => {
    const lost = compute.run({ ...task(compute, 2), attempt: 5 }, never);
    const queued = compute.run(task(compute, 0), never);
    await assert.rejects(lost, (error: unknown) => {
      assert.ok(isCompute(/attempt 5 of worker 2 failed: loss of class 2/)(error));
      assert.match(String((error as Error).cause), /loss of class 2/);
      return true;
    });
    assert.equal((await queued).steps, 2);
  });

  it('rejects what is pending when it is closed, and what comes later', async () => {
    const closing = await startCompute(faulty);
    const pending = [task(closing, 0, 50_000), task(closing, 0)].map((t) => closing.run(t, never));
    const rejected = pending.map((run) => assert.rejects(run, isCompute(/pool was closed/)));
    await closing.close();
    await Promise.all(rejected);
    await assert.rejects(closing.evaluate(closing.model.initial), isCompute(/pool was closed/));
    await closing.close();
  });

  it('refuses everything once its threads are gone and cannot be replaced', async () => {
    try {
      const warnings: string[] = [];
      const warn = (message: string) => void warnings.push(message);
      await withCompute({ ...faulty, warn }, async (doomed) => {
        setEnvironmentData('faulty-model', 'broken');
        const lost = doomed.run(task(doomed, 1), never);
        const queued = doomed.run(task(doomed, 0), never);
        await assert.rejects(lost, isCompute(/exited with code 7/));
        // The code says that it is the model's fault, and that restarting a worker will not help.
        const isModel = (error: unknown): boolean =>
          error instanceof StalewartError &&
          error.code === 'MODEL' &&
          /no compute thread is left: .*it is broken now/.test(error.message);
        await assert.rejects(queued, isModel);
        await assert.rejects(doomed.run(task(doomed, 0), never), isModel);
      });
      assert.equal(warnings.length, 2);
      assert.match(warnings[0] ?? '', /^a compute thread is replaced: .* exited with code 7$/);
      assert.match(
        warnings[1] ?? '',
        /^a compute thread could not be replaced, 0 are left: .*it is broken now$/,
      );
    } finally {
      setEnvironmentData('faulty-model', undefined);
    }
  });

  it('refuses parameters of another length', async () => {
    const parameters = new Float32Array(3);
    await assert.rejects(compute.run({ ...task(compute, 0), parameters }, never), isCompute(/^3 parameters/));
    await assert.rejects(compute.evaluate(parameters), isCompute(/^3 parameters/));
  });
});

describe('evaluation', () => {
  const dataset = makeDataset({ train: 64, test: 1230 });
  const options = { ...faulty, dataset, partitions: makePartitions(dataset, 4) };

  let compute: Compute;
  before(async () => {
    compute = await startCompute(options);
  });
  after(() => compute.close());

  it('is the same on one thread and on two', async () => {
    const { initial } = compute.model;
    const one = await compute.evaluate(initial);
    const two = await withCompute({ ...options, threads: 2 }, (other) => other.evaluate(initial));
    assert.deepEqual(two, one);
    assert.equal(one.samples, 1230);
  });

  it('counts what a linear model worked out by hand gets right', async () => {
    const { initial } = compute.model;
    let correct = 0;
    for (let i = 0; i < 700; i++) {
      const { logits, label } = linearOutputs(Float64Array.from(initial), dataset, 'test', i);
      if (logits.indexOf(Math.max(...logits)) === label) correct++;
    }
    const found = await compute.evaluate(initial, 700);
    assert.deepEqual([found.accuracy, found.samples], [correct / 700, 700]);
  });

  it('lets a training task in before it is over', async () => {
    const order: string[] = [];
    const evaluated = compute.evaluate(compute.model.initial).then(() => order.push('evaluation'));
    const trained = compute.run(task(compute, 0), never).then(() => order.push('task'));
    await Promise.all([evaluated, trained]);
    assert.deepEqual(order, ['task', 'evaluation']);
  });

  it('rejects when its thread exits', async () => {
    const oneClass = makeDataset({ test: 1 });
    const test = {
      ...oneClass.test,
      size: 20,
      inputs: new Uint8Array(20 * 16),
      labels: new Uint8Array(20).fill(1),
    };
    await withCompute({ ...faulty, dataset: { ...oneClass, test } }, async (doomed) => {
      await assert.rejects(doomed.evaluate(doomed.model.initial), isCompute(/exited with code 7/));
    });
  });
});
