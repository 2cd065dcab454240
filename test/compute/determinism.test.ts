import assert from 'node:assert/strict';
import type { Compute, LocalTask, LocalUpdate } from '../../src/compute/compute.js';
import { modelNames } from '../../src/compute/models/registry.js';
import { fixture, makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

const localSteps = 3;

/** Every worker's first two attempts. */
function tasksOf(compute: Compute): LocalTask[] {
  const { initial } = compute.model;
  return [0, 1, 2, 3].flatMap((worker) =>
    [1, 2].map((attempt) => ({ worker, attempt, parameters: initial, localSteps })),
  );
}

async function runAll(compute: Compute, tasks = tasksOf(compute)): Promise<Outcome[]> {
  return Promise.all(tasks.map(async (task) => outcome(await compute.run(task, never))));
}

type Outcome = Omit<LocalUpdate, 'computeSeconds'>;

function outcome({ computeSeconds: _, ...rest }: LocalUpdate): Outcome {
  return rest;
}

describe('the same assignment gives the same delta bit for bit', () => {
  it('with one thread, with two, and in another order', async () => {
    const one = await withCompute({ threads: 1 }, (compute) => runAll(compute));
    const two = await withCompute({ threads: 2 }, (compute) => runAll(compute));
    const backwards = await withCompute({ threads: 2 }, async (compute) =>
      (await runAll(compute, tasksOf(compute).reverse())).reverse(),
    );
    assert.deepEqual(two, one);
    assert.deepEqual(backwards, one);
    assert.equal(new Set(one.map(({ delta }) => String(delta))).size, one.length);
  });

  it('when it is repeated, and after an evaluation', async () => {
    await withCompute({}, async (compute) => {
      const once = await runAll(compute);
      await compute.evaluate(compute.model.initial);
      assert.deepEqual(await runAll(compute), once);
    });
  });

  it('after a cancelled task', async () => {
    await withCompute({}, async (compute) => {
      const once = await runAll(compute);
      const controller = new AbortController();
      const { initial } = compute.model;
      const cancelled = compute.run(
        { worker: 0, attempt: 9, parameters: initial, localSteps: 50_000 },
        controller.signal,
      );
      controller.abort(new Error('restart'));
      await assert.rejects(cancelled, /restart/);
      assert.deepEqual(await runAll(compute), once);
    });
  });

  it('after a crash of the thread', async () => {
    const dataset = makeDataset();
    const task = (compute: Compute) => ({
      worker: 0,
      attempt: 1,
      parameters: compute.model.initial,
      localSteps,
    });
    await withCompute({ dataset, model: fixture('faulty-model') }, async (compute) => {
      const before = outcome(await compute.run(task(compute), never));
      await assert.rejects(compute.run({ ...task(compute), worker: 1 }, never), /exited with code 7/);
      assert.deepEqual(outcome(await compute.run(task(compute), never)), before);
    });
  });

  for (const localOptimizer of ['momentum', 'adam'] as const) {
    it(`with ${localOptimizer}, whose state begins afresh`, async () => {
      await withCompute({ localOptimizer }, async (compute) => {
        const once = await runAll(compute);
        assert.deepEqual(await runAll(compute), once);
      });
    });
  }
});

describe('initial weights', () => {
  const dataset = makeDataset({ inputShape: [16, 16, 3] });
  const partitions = makePartitions(dataset, 4);
  const initial = (model: string, seed: number) =>
    withCompute({ dataset, partitions, model, seed }, async (compute) => compute.model.initial);

  for (const model of [...modelNames, fixture('tiny-model')]) {
    it(`of ${model.split('/').at(-1)} come from the seed`, async () => {
      const [first, again, other] = [
        await initial(model, 1),
        await initial(model, 1),
        await initial(model, 2),
      ];
      assert.deepEqual(again, first);
      assert.notDeepEqual(other, first);
      assert.ok(first.buffer instanceof SharedArrayBuffer);
    });
  }
});
