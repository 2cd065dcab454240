import assert from 'node:assert/strict';
import { BroadcastChannel, setEnvironmentData } from 'node:worker_threads';
import { attemptExamples } from '../../src/compute/batches.js';
import type { Compute, LocalTask } from '../../src/compute/compute.js';
import { createCompute } from '../../src/compute/compute-pool.js';
import { StalewartError } from '../../src/errors.js';
import { fixture, makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

const faulty = { model: fixture('faulty-model') };

function task(compute: Compute, worker: number, localSteps = 2): LocalTask {
  return { worker, attempt: 1, parameters: compute.model.initial, localSteps };
}

function isCompute(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof StalewartError && error.code === 'COMPUTE' && message.test(error.message);
}

describe('compute pool', () => {
  it('takes the SGD steps of eq. 2: checked against a linear model worked out by hand', async () => {
    const dataset = makeDataset();
    const partitions = makePartitions(dataset, 4);
    const [learningRate, batchSize, localSteps, seed] = [0.5, 4, 3, 11];
    await withCompute({ ...faulty, dataset, partitions, learningRate, batchSize, seed }, async (compute) => {
      const update = await compute.run(task(compute, 0, localSteps), never);
      const examples = attemptExamples(partitions[0] ?? new Uint32Array(), {
        seed,
        worker: 0,
        attempt: 1,
        localSteps,
        batchSize,
      });
      const weights = Float64Array.from(compute.model.initial);
      const losses: number[] = [];
      for (let u = 0; u < localSteps; u++) {
        const batch = examples.subarray(u * batchSize, (u + 1) * batchSize);
        losses.push(linearStep(weights, dataset, batch, learningRate));
      }
      assert.equal(update.samples, localSteps * batchSize);
      assert.equal(update.steps, localSteps);
      assertClose(update.firstLoss, losses[0] ?? 0);
      assertClose(update.loss, losses.reduce((sum, loss) => sum + loss, 0) / localSteps);
      for (const [i, delta] of update.delta.entries()) {
        assertClose(delta, (weights[i] ?? 0) - (compute.model.initial[i] ?? 0));
      }
      assert.ok(update.delta.buffer instanceof SharedArrayBuffer);
      assert.ok(update.computeSeconds > 0);
    });
  });

  it('gives the threads their tasks first come, first served', async () => {
    await withCompute({}, async (compute) => {
      const order: number[] = [];
      await Promise.all(
        [2, 0, 3, 1].map(async (worker) => {
          await compute.run(task(compute, worker), never);
          order.push(worker);
        }),
      );
      assert.deepEqual(order, [2, 0, 3, 1]);
    });
  });

  it('stops a task at the step boundary after its signal aborts', async () => {
    const steps = new BroadcastChannel('faulty-model');
    try {
      await withCompute(faulty, async (compute) => {
        const controller = new AbortController();
        const running = compute.run(task(compute, 3, 50_000), controller.signal);
        await new Promise((resolve) => (steps.onmessage = resolve));
        const reason = new Error('too stale');
        controller.abort(reason);
        await assert.rejects(running, (error) => error === reason);
        await compute.run(task(compute, 0), never);
      });
    } finally {
      steps.close();
    }
  });

  it('forgets a task that is cancelled before its turn', async () => {
    await withCompute({}, async (compute) => {
      const controller = new AbortController();
      const first = compute.run(task(compute, 0), never);
      const second = compute.run(task(compute, 1, 50_000), controller.signal);
      const third = compute.run(task(compute, 2), never);
      controller.abort(new Error('restart'));
      await assert.rejects(second, /restart/);
      await Promise.all([first, third]);
      await assert.rejects(compute.run(task(compute, 0), controller.signal), /restart/);
    });
  });

  it('rejects the task whose thread exits, puts a new thread in its place, and goes on', async () => {
    await withCompute(faulty, async (compute) => {
      const lost = compute.run(task(compute, 1), never);
      const queued = compute.run(task(compute, 0), never);
      await assert.rejects(lost, isCompute(/exited with code 7/));
      assert.equal((await queued).steps, 2);
    });
  });

  it('rejects the task whose step throws, with the cause, and goes on', async () => {
    await withCompute(faulty, async (compute) => {
      const lost = compute.run({ ...task(compute, 2), attempt: 5 }, never);
      const queued = compute.run(task(compute, 0), never);
      await assert.rejects(lost, (error: unknown) => {
        assert.ok(isCompute(/attempt 5 of worker 2 failed: loss of class 2/)(error));
        assert.match(String((error as Error).cause), /loss of class 2/);
        return true;
      });
      assert.equal((await queued).steps, 2);
    });
  });

  it('rejects what is pending when it is closed, and what comes later', async () => {
    const dataset = makeDataset();
    const compute = await createCompute({
      ...faulty,
      dataset,
      partitions: makePartitions(dataset, 4),
      batchSize: 8,
      learningRate: 0.1,
      seed: 1,
      threads: 1,
    });
    const pending = [task(compute, 0, 50_000), task(compute, 0)].map((t) => compute.run(t, never));
    const rejected = pending.map((run) => assert.rejects(run, isCompute(/pool was closed/)));
    await compute.close();
    await Promise.all(rejected);
    await assert.rejects(compute.evaluate(compute.model.initial), isCompute(/pool was closed/));
    await compute.close();
  });

  it('refuses everything once its threads are gone and cannot be replaced', async () => {
    try {
      await withCompute(faulty, async (compute) => {
        setEnvironmentData('faulty-model', 'broken');
        const lost = compute.run(task(compute, 1), never);
        const queued = compute.run(task(compute, 0), never);
        await assert.rejects(lost, isCompute(/exited with code 7/));
        await assert.rejects(queued, isCompute(/no compute thread is left: .*it is broken now/));
        await assert.rejects(compute.run(task(compute, 0), never), isCompute(/no compute thread is left/));
      });
    } finally {
      setEnvironmentData('faulty-model', undefined);
    }
  });

  it('refuses parameters of another length', async () => {
    await withCompute({}, async (compute) => {
      const parameters = new Float32Array(3);
      await assert.rejects(
        compute.run({ ...task(compute, 0), parameters }, never),
        isCompute(/^3 parameters/),
      );
      await assert.rejects(compute.evaluate(parameters), isCompute(/^3 parameters/));
    });
  });
});

describe('evaluation', () => {
  const dataset = makeDataset({ train: 64, test: 1230 });
  const options = { ...faulty, dataset, partitions: makePartitions(dataset, 4) };

  it('is the same on one thread and on two', async () => {
    const evaluate = (threads: number) =>
      withCompute({ ...options, threads }, (compute) => compute.evaluate(compute.model.initial));
    const one = await evaluate(1);
    assert.deepEqual(await evaluate(2), one);
    assert.equal(one.samples, 1230);
  });

  it('counts what a linear model worked out by hand gets right', async () => {
    await withCompute(options, async (compute) => {
      const { initial } = compute.model;
      let correct = 0;
      for (let i = 0; i < 700; i++) {
        const { logits, label } = linearOutputs(Float64Array.from(initial), dataset, 'test', i);
        if (logits.indexOf(Math.max(...logits)) === label) correct++;
      }
      const found = await compute.evaluate(initial, 700);
      assert.deepEqual([found.accuracy, found.samples], [correct / 700, 700]);
    });
  });

  it('lets a training task in before it is over', async () => {
    await withCompute(options, async (compute) => {
      const order: string[] = [];
      const evaluated = compute.evaluate(compute.model.initial).then(() => order.push('evaluation'));
      const trained = compute.run(task(compute, 0), never).then(() => order.push('task'));
      await Promise.all([evaluated, trained]);
      assert.deepEqual(order, ['task', 'evaluation']);
    });
  });

  it('rejects when its thread exits', async () => {
    const oneClass = makeDataset({ test: 1 });
    const test = {
      ...oneClass.test,
      size: 20,
      inputs: new Uint8Array(20 * 16),
      labels: new Uint8Array(20).fill(1),
    };
    await withCompute({ ...faulty, dataset: { ...oneClass, test } }, async (compute) => {
      await assert.rejects(compute.evaluate(compute.model.initial), isCompute(/exited with code 7/));
    });
  });
});

type Data = ReturnType<typeof makeDataset>;

function linearOutputs(weights: Float64Array, dataset: Data, half: 'train' | 'test', example: number) {
  const { inputScale, mean, deviation } = dataset.normalisation;
  const { classes } = dataset;
  const features = weights.length / classes - 1;
  const x = Array.from(
    dataset[half].inputs.subarray(example * features, (example + 1) * features),
    (value) => (value / inputScale - (mean[0] ?? 0)) / (deviation[0] ?? 1),
  );
  const logits = Array.from({ length: classes }, (_, c) =>
    x.reduce(
      (sum, value, f) => sum + value * (weights[f * classes + c] ?? 0),
      weights[features * classes + c] ?? 0,
    ),
  );
  return { x, logits, label: dataset[half].labels[example] ?? 0 };
}

/** One step of softmax regression in double precision; kernel [features, classes], then bias. Returns the loss. */
function linearStep(weights: Float64Array, dataset: Data, batch: Uint32Array, learningRate: number): number {
  const { classes } = dataset;
  const gradient = new Float64Array(weights.length);
  let loss = 0;
  for (const example of batch) {
    const { x, logits, label } = linearOutputs(weights, dataset, 'train', example);
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    loss -= Math.log(Math.exp(logits[label] ?? 0) / total) / batch.length;
    for (let c = 0; c < classes; c++) {
      const error = (Math.exp(logits[c] ?? 0) / total - (c === label ? 1 : 0)) / batch.length;
      for (const [f, value] of [...x, 1].entries()) {
        gradient[f * classes + c] = (gradient[f * classes + c] ?? 0) + error * value;
      }
    }
  }
  for (const [i, g] of gradient.entries()) weights[i] = (weights[i] ?? 0) - learningRate * g;
  return loss;
}

function assertClose(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected)),
    `${actual}, not ${expected}`,
  );
}
