/**
 * Which backends can train here: each one starts a compute thread and takes steps of the paper's network on made-up
 * images, exactly as a run does.
 */
import { backendCandidates, type BackendName } from '../../compute/backend.js';
import type { Dataset, Split } from '../../data/dataset.js';
import { type Check, fails, works } from './check.js';

const batchSize = 32;
const steps = 5;

/** The backends that `auto` chooses from, best first. */
export async function checkBackends(): Promise<readonly Check[]> {
  const mend =
    'optional: wasm is used without it; npm install @tensorflow/tfjs-node on a Node that it supports';
  const [best] = backendCandidates('auto');
  const tensorflow =
    best !== undefined && best.name !== 'tensorflow'
      ? fails('backend tensorflow', best.reason, mend)
      : await checkBackend('tensorflow', mend);
  const wasm = await checkBackend('wasm', 'reinstall the package: npm install');
  return [tensorflow, wasm];
}

async function checkBackend(backend: BackendName, mend: string): Promise<Check> {
  const name = `backend ${backend}`;
  try {
    const imagesPerSecond = await trainALittle(backend);
    return works(name, `trains about ${Math.round(imagesPerSecond / 100) * 100} images/s per thread (lenet)`);
  } catch (error) {
    return fails(name, (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '', mend);
  }
}

async function trainALittle(backend: BackendName): Promise<number> {
  // TensorFlow.js is loaded by nobody who does not ask for it.
  const { createCompute } = await import('../../compute/compute-pool.js');
  const compute = await createCompute({
    backend,
    model: 'lenet',
    dataset: greyImages,
    partitions: [Uint32Array.from({ length: batchSize }, (_, index) => index)],
    batchSize,
    learningRate: 0.1,
    seed: 1,
    threads: 1,
  });
  try {
    const { initial } = compute.model;
    const task = { worker: 0, parameters: initial, localSteps: steps };
    const { signal } = new AbortController();
    await compute.run({ ...task, attempt: 1 }, signal); // warms the thread up
    const { samples, computeSeconds } = await compute.run({ ...task, attempt: 2 }, signal);
    return samples / computeSeconds;
  } finally {
    await compute.close();
  }
}

const half: Split = {
  size: batchSize,
  inputs: new Uint8Array(batchSize * 32 * 32 * 3).fill(128),
  labels: Uint8Array.from({ length: batchSize }, (_, index) => index % 10),
};

const greyImages: Dataset = {
  name: 'grey',
  inputShape: [32, 32, 3],
  classes: 10,
  classNames: Array.from({ length: 10 }, (_, index) => String(index)),
  train: half,
  test: half,
  normalisation: { inputScale: 255, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25] },
};
