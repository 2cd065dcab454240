/** Models that need more memory than there is, from the user's module to the error that ends the run. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StalewartError } from '../../src/errors.js';
import type { ComputeOptions } from '../../src/compute/compute-pool.js';
import { makeDataset, makePartitions, withCompute } from './fixtures/data.js';

const dataset = makeDataset({ inputShape: [32, 32, 3], classes: 10 });

/** `layers` of a sequential model, as text. */
async function refusalOf(layers: string, options: Partial<ComputeOptions> = {}): Promise<StalewartError> {
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-large-'));
  const model = join(folder, 'large.mjs');
  const text = `export const createModel = ({ inputShape, classes, tf }) => {
    const { conv2d, dense, flatten, globalAveragePooling2d } = tf.layers;
    return tf.sequential({ layers: [${layers}] });
  };`;
  try {
    await writeFile(model, text);
    const partitions = makePartitions(dataset, 2);
    await withCompute({ model, dataset, partitions, batchSize: 32, ...options }, async () => {});
  } catch (error) {
    assert.ok(error instanceof StalewartError, String(error));
    assert.ok(!error.message.includes('\n'));
    assert.equal(error.exitCode, 2);
    return error;
  } finally {
    await rm(folder, { recursive: true });
  }
  throw new assert.AssertionError({ message: 'it was not refused' });
}

const wide = `conv2d({ inputShape, filters: 200000, kernelSize: 3, name: 'wide' }), globalAveragePooling2d({}), dense({ units: classes })`;

describe('a model that is too large', () => {
  for (const engine of ['auto', 'tfjs'] as const) {
    it(`is refused with the number where the engine is ${engine}`, async () => {
      const { code, message } = await refusalOf(wide, { engine });
      assert.equal(code, 'MODEL');
      assert.match(
        message,
        /^model: a training step on 32 examples needs at least 43\.0 GB of memory \(the output of layer wide \(Conv2D\) alone 21\.5 GB\): /,
      );
      assert.match(message, / GB at most; take a smaller batch or model$/);
    });
  }

  it('is refused with the number of the plan where that was asked for', async () => {
    const { code, field, message } = await refusalOf(wide, { engine: 'plan' });
    assert.deepEqual([code, field], ['CONFIG', 'engine']);
    assert.match(
      message,
      /^engine is "plan", which cannot do this model: it would need 43\.\d GB of memory: at most 2\.0 GB can be had; take a smaller batch or model$/,
    );
  });

  it('is refused before its weights are made', async () => {
    const layers = `flatten({ inputShape }), dense({ units: 1e6, name: 'first' }), dense({ units: 1e6 }), dense({ units: classes })`;
    const { code, message } = await refusalOf(layers);
    assert.equal(code, 'MODEL');
    assert.match(
      message,
      /large\.mjs up to layer first \(Dense\) and their gradients need 22\.9 GB of memory: /,
    );
  });

  it('is refused before its weights are made where a plan was asked for, which has less', async () => {
    const layers = `flatten({ inputShape }), dense({ units: 1e5, name: 'first' }), dense({ units: classes })`;
    const { message } = await refusalOf(layers, { engine: 'plan' });
    assert.match(
      message,
      /up to layer first \(Dense\) and their gradients need 2\.3 GB of memory: a plan has 2\.0 GB/,
    );
  });

  it('is refused where only its evaluation does not fit', async () => {
    const layers = `conv2d({ inputShape, filters: 13000, kernelSize: 3, name: 'wide' }), globalAveragePooling2d({}), dense({ units: classes })`;
    const { message } = await refusalOf(layers, { engine: 'tfjs', batchSize: 1 });
    assert.match(
      message,
      /^model: evaluating 100 examples needs at least 4\.4 GB of memory .*take a smaller model$/,
    );
  });
});
