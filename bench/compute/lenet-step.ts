/**
 * How fast a training step of the paper's network is on one thread, against PyTorch on one thread. Slices of both
 * alternate in one run and medians are compared, so that a busy machine slows both alike.
 */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { useCpuBackend, useWasmBackend } from '../../src/compute/wasm-training/index.js';
import { provideTorch, type StepTime, startTorch, type TorchPeer } from '../peers/torch-peer.js';
import { kernelTimes } from './kernel-times.js';
import { BATCH, lenetStep, type Step } from './lenet.js';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '60' },
    steps: { type: 'string', default: '10' },
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

async function against(peer: TorchPeer, step: Step): Promise<void> {
  await peer.run(50);
  const ours: StepTime[] = [];
  const theirs: StepTime[] = [];
  for (let i = 0; i < pairs; i++) {
    ours.push(time(step, stepsPerSlice));
    theirs.push(await peer.run(stepsPerSlice));
  }
  const ratio = (of: (time: StepTime) => number) =>
    median(theirs.flatMap((their, i) => ours.slice(i, i + 1).map((our) => of(their) / of(our)))).toFixed(2);
  console.log(line(`wasm (tfjs ${tf.version_core}, Node ${process.versions.node})`, ours));
  console.log(line(`PyTorch ${peer.version}, eager, ${peer.blas}`, theirs));
  console.log(
    `  wasm ÷ PyTorch: ${ratio(({ wall }) => wall)} by the clock, ${ratio(({ cpu }) => cpu)} by processor time ` +
      `(medians of ${pairs} pairs of slices of ${stepsPerSlice} steps)`,
  );
}

console.log(`lenet training step, batch ${BATCH}, one thread`);
console.log(
  `${''.padEnd(50)}${['wall ms', 'cpu ms', 'best ms', 'images/s'].map((head) => head.padStart(12)).join('')}`,
);
await useWasmBackend();
const step = lenetStep();
time(step, 100);
const missing = provideTorch();
if (missing === undefined) {
  const peer = await startTorch();
  try {
    await against(peer, step);
  } finally {
    await peer.close();
  }
} else {
  console.log(`  ${missing}`);
  console.log(
    line(
      'wasm',
      Array.from({ length: pairs }, () => time(step, stepsPerSlice)),
    ),
  );
}

const times = kernelTimes(() => step.run(), 100);
const inKernels = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
const whole = time(step, 100).wall * 1000;
console.log('\nmilliseconds per step by kernel');
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
const plain = lenetStep();
console.log(`\n${line('tfjs cpu backend', [time(plain, 3)])}`);
plain.dispose();
