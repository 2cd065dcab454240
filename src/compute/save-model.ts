/**
 * Writes a trained model as `tf.loadLayersModel` reads it: `model.json` (topology, weights manifest, and what a user needs
 * to feed the model right: input normalisation and class names) and `weights.bin`. The main thread does it, without
 * TensorFlow.js. The folder appears under its name only when it is complete.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Dataset } from '../data/dataset.js';
import type { ModelInfo } from './compute.js';
import { littleEndianBytes } from './little-endian.js';

/** What `model.getUserDefinedMetadata()` gives after loading. */
interface ModelMetadata {
  readonly dataset: string;
  readonly inputShape: readonly number[];
  /** Class names, in the order of the outputs. */
  readonly classes: readonly string[];
  /** Per channel: feed the model (x / inputScale − mean) / deviation. */
  readonly normalisation: Dataset['normalisation'];
}

/**
 * @param folder replaced if it is there; the folder above it is created if need be
 * @param parameters the weights to save, in the order of `model.weights`
 */
export async function saveModel(
  folder: string,
  model: ModelInfo,
  parameters: Float32Array,
  dataset: Pick<Dataset, 'name' | 'inputShape' | 'classNames' | 'normalisation'>,
): Promise<void> {
  if (parameters.length !== model.parameterCount) {
    throw new RangeError(
      `${parameters.length} parameters cannot be saved as a model of ${model.parameterCount}`,
    );
  }
  const metadata: ModelMetadata = {
    dataset: dataset.name,
    inputShape: dataset.inputShape,
    classes: dataset.classNames,
    normalisation: dataset.normalisation,
  };
  const weights = model.weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const json = {
    format: 'layers-model',
    generatedBy: 'Stalewart',
    convertedBy: null,
    modelTopology: model.topology,
    weightsManifest: [{ paths: ['weights.bin'], weights }],
    userDefinedMetadata: metadata,
  };

  const beside = (suffix: string) => join(dirname(folder), `.${basename(folder)}.${process.pid}.${suffix}`);
  const fresh = beside('new');
  const old = beside('old');
  await rm(fresh, { recursive: true, force: true });
  try {
    await mkdir(fresh, { recursive: true });
    await writeFile(join(fresh, 'weights.bin'), littleEndianBytes(parameters));
    await writeFile(join(fresh, 'model.json'), `${JSON.stringify(json)}\n`);
    await rename(folder, old).catch(ignoreMissing);
    await rename(fresh, folder);
  } catch (error) {
    // The disk may be full: what came of it would only take up room.
    await rm(fresh, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

function ignoreMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
