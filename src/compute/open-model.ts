/**
 * Reads a saved model folder in plain Node, where `tf.loadLayersModel` itself knows no files:
 * `await tf.loadLayersModel(openModel('runs/my-run/model'))`. Reads any folder in the layers format, not only ours.
 */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, normalize } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { oneLineOf, StalewartError } from '../errors.js';
import { weightProblem } from './check-weights.js';

/** @throws StalewartError MODEL, when loaded, if the folder holds no such model */
export function openModel(folder: string): { load(): Promise<tf.io.ModelArtifacts> } {
  async function read(file: string): Promise<Buffer> {
    try {
      return await readFile(join(folder, file));
    } catch (cause) {
      throw unusable(folder, `${file} cannot be read`, cause);
    }
  }

  return {
    async load() {
      const text = await read('model.json');
      const { weightsManifest, ...rest } = parse(folder, text.toString('utf8'));
      const files: Buffer[] = [];
      for (const path of weightsManifest.flatMap((group) => group.paths)) {
        if (isOutside(path)) throw unusable(folder, `"${path}" of model.json lies outside of it`);
        files.push(await read(path));
      }
      const weightData = new Uint8Array(Buffer.concat(files)).buffer;
      const weightSpecs = weightsManifest.flatMap((group) => group.weights);
      checkSizes(folder, weightSpecs, weightData.byteLength);
      const problem = await weightProblem({ ...rest, weightSpecs });
      if (problem !== null) throw unusable(folder, `model.json ${problem}`);
      return { ...rest, weightSpecs, weightData };
    },
  };
}

function parse(folder: string, text: string): tf.io.ModelJSON {
  try {
    const json = JSON.parse(text) as Partial<tf.io.ModelJSON>;
    const { modelTopology, weightsManifest } = json;
    if (modelTopology === undefined || weightsManifest === undefined) {
      throw new Error('it has no modelTopology or no weightsManifest');
    }
    return { ...json, modelTopology, weightsManifest };
  } catch (cause) {
    throw unusable(folder, 'model.json is not a model', cause);
  }
}

/** A folder that came from elsewhere must not have other files read. */
function isOutside(path: string): boolean {
  return isAbsolute(path) || normalize(path).split(/[\\/]/)[0] === '..';
}

/** Of one value, in bytes; texts have none. */
const sizes: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  complex64: 8,
  bool: 1,
  uint8: 1,
  uint16: 2,
  float16: 2,
};

function checkSizes(folder: string, specs: readonly tf.io.WeightsManifestEntry[], bytes: number): void {
  let end = 0;
  for (const { name, shape, dtype, quantization } of specs) {
    const size = sizes[quantization?.dtype ?? dtype];
    if (dtype === 'string') return;
    const fits = size !== undefined && shape.every((length) => Number.isInteger(length) && length >= 0);
    const what = `${quantization?.dtype ?? dtype} of shape [${shape.join(', ')}]`;
    if (!fits) throw unusable(folder, `weight ${name} cannot be ${what}`);
    end += size * shape.reduce((product, length) => product * length, 1);
    if (end > bytes) throw unusable(folder, `its ${bytes} bytes of weights end within ${name}, ${what}`);
  }
  if (end < bytes) throw unusable(folder, `it has ${bytes} bytes of weights, and model.json names ${end}`);
}

function unusable(folder: string, problem: string, cause?: unknown): StalewartError {
  const detail = cause === undefined ? '' : ` (${oneLineOf(cause)})`;
  return new StalewartError('MODEL', `there is no model in ${folder}: ${problem}${detail}`, {
    field: 'model',
    value: folder,
    cause,
  });
}
