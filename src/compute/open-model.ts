/**
 * Reads a saved model folder in plain Node, where `tf.loadLayersModel` itself knows no files:
 * `await tf.loadLayersModel(openModel('runs/my-run/model'))`. Reads any folder in the layers format, not only ours.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../errors.js';

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
      for (const path of weightsManifest.flatMap((group) => group.paths)) files.push(await read(path));
      const weightData = new Uint8Array(Buffer.concat(files)).buffer;
      return { ...rest, weightSpecs: weightsManifest.flatMap((group) => group.weights), weightData };
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

function unusable(folder: string, problem: string, cause: unknown): StalewartError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new StalewartError('MODEL', `there is no model in ${folder}: ${problem} (${detail})`, {
    field: 'model',
    value: folder,
    cause,
  });
}
