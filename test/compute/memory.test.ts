/**
 * A task must leave nothing behind. Each here moves 6 MB (3 MB of weights in, as much of a delta out): were they kept, a
 * thousand tasks would take gigabytes. What the garbage collectors have not yet taken is far below the bound.
 */
import assert from 'node:assert/strict';
import { makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

const megabyte = 2 ** 20;
const mostGrowth = 1000 * megabyte;

describe('a thousand tasks', () => {
  for (const engine of ['plan', 'tfjs'] as const) {
    it(`leave the memory of a pool of two threads flat, by ${engine}`, async () => {
      const dataset = makeDataset({ inputShape: [32, 32, 3], train: 16, test: 8 });
      const options = { dataset, partitions: makePartitions(dataset, 2), model: 'mlp', batchSize: 1 };
      await withCompute({ ...options, engine, threads: 2 }, async (compute) => {
        let parameters = compute.model.initial;
        const [bytes, localSteps] = [parameters.byteLength, 1];
        const round = async (attempt: number) => {
          const tasks = [0, 1].map((worker) =>
            compute.run({ worker, attempt, parameters, localSteps }, never),
          );
          const [first] = await Promise.all(tasks);
          parameters = first?.delta ?? assert.fail();
        };
        for (let attempt = 1; attempt <= 50; attempt++) await round(attempt);
        const before = process.memoryUsage.rss();
        for (let attempt = 51; attempt <= 550; attempt++) await round(attempt);
        const growth = process.memoryUsage.rss() - before;
        assert.ok(2 * 1000 * bytes > 5 * mostGrowth, 'the bound tells a leak from garbage');
        assert.ok(growth < mostGrowth, `${Math.round(growth / megabyte)} MB more after 1,000 tasks`);
      });
    });
  }
});
