/**
 * Speed of the convolution kernels by shape, forward and both gradients, in GFLOP/s (2 per multiply-add, borders counted
 * as if they were inside), one thread, batch 32.
 */
import * as tf from '@tensorflow/tfjs';
import { useWasmBackend } from '../../src/compute/wasm-training/index.js';

type Shape4 = [number, number, number, number];

interface Case {
  readonly name: string;
  readonly size: number;
  readonly channels: [number, number];
  readonly kernel: number;
  readonly stride: number;
}

const BATCH = 32;
const REPETITIONS = 15;

const cases: readonly Case[] = [
  { name: 'lenet 1', size: 32, channels: [3, 6], kernel: 5, stride: 1 },
  { name: 'lenet 2', size: 14, channels: [6, 16], kernel: 5, stride: 1 },
  { name: 'mnist', size: 28, channels: [1, 8], kernel: 3, stride: 1 },
  { name: 'resnet 16', size: 32, channels: [16, 16], kernel: 3, stride: 1 },
  { name: 'resnet 16→32, /2', size: 32, channels: [16, 32], kernel: 3, stride: 2 },
  { name: 'resnet 64', size: 8, channels: [64, 64], kernel: 3, stride: 1 },
  { name: 'pointwise 64', size: 16, channels: [64, 64], kernel: 1, stride: 1 },
];

/** Seconds of the fastest of several runs. */
function fastest(run: () => tf.Tensor): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < REPETITIONS; i++) {
    const start = performance.now();
    const result = run();
    best = Math.min(best, (performance.now() - start) / 1e3);
    result.dispose();
  }
  return best;
}

await useWasmBackend();
console.log(`GFLOP/s, batch ${BATCH}, fastest of ${REPETITIONS}, Node ${process.versions.node}`);
console.log(
  `  ${'shape'.padEnd(20)}${['forward', 'by input', 'by filter'].map((head) => head.padStart(11)).join('')}`,
);
for (const { name, size, channels, kernel, stride } of cases) {
  const [inChannels, outChannels] = channels;
  const pad = name.startsWith('lenet') ? 'valid' : 'same';
  const filterShape: Shape4 = [kernel, kernel, inChannels, outChannels];
  const x = tf.randomNormal<tf.Rank.R4>([BATCH, size, size, inChannels]);
  const filter = tf.randomNormal<tf.Rank.R4>(filterShape);
  const forward = () => tf.conv2d(x, filter, stride, pad);
  const dy = forward();
  const engine = tf.engine();
  const attrs = { strides: stride, pad, dataFormat: 'NHWC' };
  const byInput = () =>
    engine.runKernel<tf.Tensor>(tf.Conv2DBackpropInput, { dy, filter }, { ...attrs, inputShape: x.shape });
  const byFilter = () =>
    engine.runKernel<tf.Tensor>(tf.Conv2DBackpropFilter, { x, dy }, { ...attrs, filterShape });
  const operations = 2 * dy.size * kernel * kernel * inChannels;
  const speeds = [forward, byInput, byFilter].map((run) => (operations / fastest(run) / 1e9).toFixed(1));
  console.log(`  ${name.padEnd(20)}${speeds.map((speed) => speed.padStart(11)).join('')}`);
  tf.dispose([x, filter, dy]);
}
