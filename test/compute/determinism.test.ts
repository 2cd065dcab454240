import assert from 'node:assert/strict';
import type { Compute, LocalTask, LocalUpdate } from '../../src/compute/compute.js';
import { fixture, makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

const localSteps = 3;

/** Every worker's first two attempts. */
function tasksOf(compute: Compute): LocalTask[] {
  const { initial } = compute.model;
  return [0, 1, 2, 3].flatMap((worker) =>
    [1, 2].map((attempt) => ({ worker, attempt, parameters: initial, localSteps })),
  );
}

type Outcome = Pick<LocalUpdate, 'delta' | 'loss' | 'firstLoss'>;

async function runAll(compute: Compute, tasks = tasksOf(compute)): Promise<Outcome[]> {
  return Promise.all(
    tasks.map(async (task) => {
      const { delta, loss, firstLoss } = await compute.run(task, never);
      return { delta, loss, firstLoss };
    }),
  );
}

describe('the same assignment gives the same delta bit for bit', () => {
  it('with one thread, with two, in another order, and after an evaluation or a cancelled task', async () => {
    const first = await withCompute({ threads: 1 }, async (compute) => {
      const once = await runAll(compute);
      await compute.evaluate(compute.model.initial);
      assert.deepEqual(await runAll(compute), once, 'after an evaluation');

      const controller = new AbortController();
      const long = { worker: 0, attempt: 9, parameters: compute.model.initial, localSteps: 50_000 };
      const cancelled = compute.run(long, controller.signal);
      controller.abort(new Error('restart'));
      await assert.rejects(cancelled, /restart/);
      assert.deepEqual(await runAll(compute), once, 'after a cancelled task');
      return once;
    });
    assert.equal(new Set(first.map(({ delta }) => String(delta))).size, first.length);

    await withCompute({ threads: 2 }, async (compute) => {
      assert.deepEqual(await runAll(compute), first, 'with two threads');
      const backwards = await runAll(compute, tasksOf(compute).reverse());
      assert.deepEqual(backwards.reverse(), first, 'in another order');
    });
  });

  it('after a crash of the thread', async () => {
    await withCompute({ model: fixture('faulty-model') }, async (compute) => {
      const [task, , crashing] = tasksOf(compute);
      assert.ok(task && crashing);
      const [before] = await runAll(compute, [task]);
      await assert.rejects(compute.run(crashing, never), /exited with code 7/);
      assert.deepEqual(await runAll(compute, [task]), [before]);
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

  for (const model of ['resnet8', fixture('tiny-model')]) {
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
