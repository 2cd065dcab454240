import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { modelNames, models } from '../../src/compute/models/registry.js';
import { makeDataset, makePartitions, never, withCompute } from './fixtures/data.js';

describe('built-in models', () => {
  const dataset = makeDataset({ inputShape: [32, 32, 3], classes: 10, train: 80, test: 20 });
  const partitions = makePartitions(dataset, 2);

  for (const model of modelNames) {
    it(`${model} has the number of weights that the registry says, and trains`, async () => {
      await withCompute({ model, dataset, partitions, learningRate: 0.01 }, async (compute) => {
        const { initial, parameterCount, weights } = compute.model;
        assert.equal(parameterCount, models[model].parameterCount);
        assert.equal(initial.length, parameterCount);
        const sizes = weights.map(({ shape }) => shape.reduce((product, side) => product * side, 1));
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0),
          parameterCount,
        );
        const update = await compute.run(
          { worker: 1, attempt: 1, parameters: initial, localSteps: 2 },
          never,
        );
        assert.ok(update.firstLoss > 1 && update.firstLoss < 10, `first loss ${update.firstLoss}`);
        let at = 0;
        for (const [i, { name }] of weights.entries()) {
          const size = sizes[i] ?? 0;
          const changed = update.delta.subarray(at, at + size).some((d) => d !== 0);
          assert.ok(changed, `weight ${name} was not changed by training`);
          at += size;
        }
      });
    });
  }

  it('are in the docs as they are in the registry', async () => {
    const docs = await readFile(new URL('../../../docs/models.md', import.meta.url), 'utf8');
    for (const model of modelNames) {
      const count = models[model].parameterCount.toLocaleString('en-GB');
      assert.ok(docs.includes(`| \`${model}\` | ${count} | ${models[model].description}`), model);
    }
  });

  it('lenet takes 28×28 images of one channel', async () => {
    const small = makeDataset({ inputShape: [28, 28, 1], classes: 10 });
    const options = { model: 'lenet', dataset: small, partitions: makePartitions(small, 1) };
    await withCompute(options, async (compute) => {
      assert.equal(compute.model.parameterCount, 44_426);
      const { accuracy } = await compute.evaluate(compute.model.initial);
      assert.ok(accuracy >= 0 && accuracy <= 1);
    });
  });

  it('mlp learns data of MNIST shape, weights added up round by round', async () => {
    const digits = makeDataset({ inputShape: [28, 28, 1], classes: 10, train: 320, test: 100 });
    const options = {
      model: 'mlp',
      dataset: digits,
      partitions: makePartitions(digits, 1),
      learningRate: 0.05,
    };
    await withCompute(options, async (compute) => {
      const parameters = Float32Array.from(compute.model.initial);
      const before = await compute.evaluate(parameters);
      for (const attempt of [1, 2, 3]) {
        const { delta } = await compute.run({ worker: 0, attempt, parameters, localSteps: 20 }, never);
        for (const [i, d] of delta.entries()) parameters[i] = (parameters[i] ?? 0) + d;
      }
      const after = await compute.evaluate(parameters);
      assert.ok(after.accuracy > 0.95, `accuracy ${after.accuracy}`);
      assert.ok(after.loss < before.loss / 4, `loss ${before.loss} → ${after.loss}`);
    });
  });
});
