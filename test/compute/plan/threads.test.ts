import assert from 'node:assert/strict';
import { makeDataset, makePartitions, never, withCompute } from '../fixtures/data.js';

const dataset = makeDataset({ inputShape: [16, 16, 3], classes: 10, train: 96, test: 10 });
const options = { dataset, partitions: makePartitions(dataset, 3), batchSize: 9, engine: 'plan' } as const;

describe('a plan gives the same bits', () => {
  for (const model of ['lenet', 'resnet8'] as const) {
    it(`with one thread and with two: ${model}`, async () => {
      const [one, two] = await Promise.all(
        [1, 2].map((threads) =>
          withCompute({ ...options, model, threads }, async ({ run, model: { initial } }) => {
            const tasks = [0, 1, 2].map((worker) => ({
              worker,
              attempt: 1,
              parameters: initial,
              localSteps: 2,
            }));
            const updates = await Promise.all(tasks.map((task) => run(task, never)));
            return updates.map(({ delta, loss }) => ({ delta, loss }));
          }),
        ),
      );
      assert.ok(one);
      assert.deepEqual(two, one);
      assert.ok(one.every(({ delta }) => delta.some((value) => value !== 0)));
    });
  }
});
