/** A training step on one thread: by a plan, by TensorFlow.js with our kernels, and by every PyTorch that was found. */
import * as tf from '@tensorflow/tfjs';
import { useWasmBackend } from '../../src/compute/wasm-training/index.js';
import type { Torch } from '../peers/find-torch.js';
import { startTorch } from '../peers/torch-peer.js';
import type { Figure } from './figures.js';
import { type BenchModel, benchModels, type BenchModelName } from './models.js';
import { alternate, printTimes, type Rival } from './rivals.js';
import { BATCH, planStep, type Step, tfjsStep } from './steps.js';
import { medianOf, share, timeOf } from './times.js';

/** Prints the times. @returns PyTorch's time ÷ ours, a value for each PyTorch */
export async function measureSteps(
  name: BenchModelName,
  torches: readonly Torch[],
  slices: number,
): Promise<Figure[]> {
  await useWasmBackend();
  const model: BenchModel = benchModels[name];
  const steps = [planStep(model), tfjsStep(model)];
  const peers = await Promise.all(torches.map((torch) => startTorch(torch, { model: name })));
  const rivals = [
    rivalOf(`plan (Node ${process.versions.node})`, steps[0]),
    rivalOf(`drop-in kernels (tfjs ${tf.version_core})`, steps[1]),
    ...peers.map(({ version, blas, run }) => ({ name: `PyTorch ${version}, eager, ${blas}`, run })),
  ];
  try {
    const times = await alternate(rivals, slices);
    printTimes(`${name}: a training step, batch ${BATCH}, one thread`, rivals, times, BATCH);
    const [plan = [], dropIn = [], ...others] = times;
    const against = (ours: typeof plan) =>
      others.map((theirs) => medianOf(theirs, ours, (their, our) => their / our));
    const { targets } = model;
    const dropInTarget = targets.dropIn === undefined ? {} : { least: targets.dropIn };
    return [
      { name: `${name}: plan ÷ PyTorch`, least: targets.plan, values: against(plan) },
      { name: `${name}: drop-in kernels ÷ PyTorch`, ...dropInTarget, values: against(dropIn) },
    ];
  } finally {
    for (const step of steps) step.dispose();
    await Promise.all(peers.map((peer) => peer.close()));
  }
}

function rivalOf(name: string, step: Step | undefined): Rival {
  if (step === undefined) throw new RangeError(`there is no step of ${name}`);
  const run = async (steps: number) => {
    const all = await timeOf(() => {
      for (let i = 0; i < steps; i++) step.run();
    });
    return share(all, steps);
  };
  return { name, run };
}
