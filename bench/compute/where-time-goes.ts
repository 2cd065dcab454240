/** Where the time of a lenet step by the drop-in kernels goes, and what the plain cpu backend takes for it. */
import { useCpuBackend, useWasmBackend } from '../../src/compute/wasm-training/index.js';
import { kernelTimes } from './kernel-times.js';
import { benchModels } from './models.js';
import { type Step, tfjsStep } from './steps.js';
import { timeOf } from './times.js';

const steps = 100;
const shownKernels = 16;

export async function printWhereTimeGoes(): Promise<void> {
  await useWasmBackend();
  const step = tfjsStep(benchModels.lenet);
  await millisecondsOf(step, steps);
  const times = kernelTimes(() => step.run(), steps);
  const inKernels = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const whole = await millisecondsOf(step, steps);
  step.dispose();
  console.log('\nlenet by the drop-in kernels: milliseconds per step by kernel');
  for (const { kernel, calls, milliseconds } of times.slice(0, shownKernels)) {
    printLine(kernel, milliseconds, `  ${calls} calls`);
  }
  printLine('all kernels', inKernels);
  printLine('TensorFlow.js around them', Math.max(0, whole - inKernels));

  await useCpuBackend();
  const plain = tfjsStep(benchModels.lenet);
  printLine('by the tfjs cpu backend', await millisecondsOf(plain, 3));
  plain.dispose();
}

async function millisecondsOf(step: Step, count: number): Promise<number> {
  const { wall } = await timeOf(() => {
    for (let i = 0; i < count; i++) step.run();
  });
  return (wall * 1e3) / count;
}

function printLine(what: string, milliseconds: number, rest = ''): void {
  console.log(`  ${what.padEnd(28)} ${milliseconds.toFixed(3).padStart(8)}${rest}`);
}
