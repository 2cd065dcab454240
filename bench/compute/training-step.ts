/**
 * How fast a training step of the built-in models is on one thread: by a plan, by TensorFlow.js with our kernels, and by
 * PyTorch. Slices of all three alternate in one run and medians are compared, so that a busy machine slows all alike.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { useCpuBackend, useWasmBackend } from '../../src/compute/wasm-training/index.js';
import { provideTorch, type StepTime, startTorch, type TorchPeer } from '../peers/torch-peer.js';
import { isModelName, type ModelName } from '../../src/compute/models/registry.js';
import { kernelTimes } from './kernel-times.js';
import { BATCH, planStep, type Step, tfjsStep } from './steps.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '60' },
    steps: { type: 'string', default: '10' },
    models: { type: 'string', default: 'lenet,mlp' },
  },
});
const pairs = Number(values.pairs);
const stepsPerSlice = Number(values.steps);

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function time(step: Step, steps: number): StepTime {
  const start = performance.now();
  const busy = process.cpuUsage();
  for (let i = 0; i < steps; i++) step.run();
  const { user, system } = process.cpuUsage(busy);
  return { wall: (performance.now() - start) / 1e3 / steps, cpu: (user + system) / 1e6 / steps };
}

function line(name: string, times: readonly StepTime[]): string {
  const wall = median(times.map((each) => each.wall));
  const cpu = median(times.map((each) => each.cpu));
  const best = Math.min(...times.map((each) => each.wall));
  const figures = [wall, cpu, best].map((seconds) => (seconds * 1e3).toFixed(2));
  figures.push(Math.round(BATCH / wall).toString());
  return `  ${name.padEnd(48)}${figures.map((figure) => figure.padStart(12)).join('')}`;
}

/** Median of `over` ÷ `under`, pair by pair. */
function ratio(over: readonly StepTime[], under: readonly StepTime[]): string {
  const by = (of: (time: StepTime) => number) =>
    median(over.map((time, i) => of(time) / of(under[i] ?? time))).toFixed(2);
  return `${by(({ wall }) => wall)} by the clock, ${by(({ cpu }) => cpu)} by processor time`;
}

async function compare(model: ModelName, peer: TorchPeer | null): Promise<void> {
  const [plan, dropIn] = [await planStep(model), await tfjsStep(model)];
  for (const step of [plan, dropIn]) time(step, 30);
  await peer?.run(30);
  const times = { plan: [] as StepTime[], dropIn: [] as StepTime[], torch: [] as StepTime[] };
  for (let i = 0; i < pairs; i++) {
    times.plan.push(time(plan, stepsPerSlice));
    times.dropIn.push(time(dropIn, stepsPerSlice));
    if (peer !== null) times.torch.push(await peer.run(stepsPerSlice));
  }
  for (const step of [plan, dropIn]) step.dispose();
  const heads = ['wall ms', 'cpu ms', 'best ms', 'images/s'].map((head) => head.padStart(12)).join('');
  console.log(`\n${model.padEnd(50)}${heads}`);
  console.log(line(`plan (Node ${process.versions.node})`, times.plan));
  console.log(line(`drop-in kernels (tfjs ${tf.version_core})`, times.dropIn));
  console.log(`  plan ÷ drop-in: ${ratio(times.dropIn, times.plan)}`);
  if (peer === null) return;
  console.log(line(`PyTorch ${peer.version}, eager, ${peer.blas}`, times.torch));
  console.log(`  plan ÷ PyTorch: ${ratio(times.torch, times.plan)}`);
  console.log(`  drop-in ÷ PyTorch: ${ratio(times.torch, times.dropIn)}`);
}

await useWasmBackend();
const missing = provideTorch();
console.log(
  `training step, batch ${BATCH}, one thread, medians of ${pairs} slices of ${stepsPerSlice} steps each`,
);
if (missing !== undefined) console.log(missing);
for (const model of values.models.split(',')) {
  if (!isModelName(model)) throw new Error(`there is no model ${model}`);
  const peer = missing === undefined ? await startTorch(model) : null;
  try {
    await compare(model, peer);
  } finally {
    await peer?.close();
  }
}

const step = await tfjsStep('lenet');
time(step, 100);
const times = kernelTimes(() => step.run(), 100);
const inKernels = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
const whole = time(step, 100).wall * 1000;
console.log('\nlenet by the drop-in kernels: milliseconds per step by kernel');
for (const { kernel, calls, milliseconds } of times.slice(0, 16)) {
  console.log(`  ${kernel.padEnd(28)} ${milliseconds.toFixed(3).padStart(7)}  ${calls} calls`);
}
console.log(`  ${'all kernels'.padEnd(28)} ${inKernels.toFixed(3).padStart(7)}`);
console.log(
  `  ${'TensorFlow.js around them'.padEnd(28)} ${Math.max(0, whole - inKernels)
    .toFixed(3)
    .padStart(7)}`,
);
step.dispose();

await useCpuBackend();
const plain = await tfjsStep('lenet');
console.log(`\n${line('lenet by the tfjs cpu backend', [time(plain, 3)])}`);
plain.dispose();
