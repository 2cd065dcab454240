/**
 * Puts our kernels into TensorFlow.js's registry, in place of the stock ones or beside them. It may be done before or
 * after the wasm backend has started, and touches no other backend.
 */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-wasm';
import { registerGradients } from './gradients.js';
import { guardAllocations } from './guarded-allocation.js';
import { add, divide, multiply, subtract } from './kernels/binary.js';
import { batchNormGradient, fusedBatchNorm } from './kernels/batch-norm.js';
import { cast } from './kernels/cast.js';
import { conv2d, conv2dBackpropFilter, conv2dBackpropInput, fusedConv2d } from './kernels/conv2d.js';
import {
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  depthwiseConv2d,
  fusedDepthwiseConv2d,
} from './kernels/depthwise-conv2d.js';
import { identity } from './kernels/identity.js';
import { batchMatMul } from './kernels/mat-mul.js';
import { avgPool, avgPoolGrad, maxPool, maxPoolGrad } from './kernels/pool.js';
import { max, mean, min, prod, spread, sum } from './kernels/reduce.js';
import { reluGradient } from './kernels/relu-gradient.js';
import { unsortedSegmentSum } from './kernels/unsorted-segment-sum.js';
import { repairLayers } from './repaired-layers.js';

const kernels = [
  conv2d,
  fusedConv2d,
  conv2dBackpropInput,
  conv2dBackpropFilter,
  depthwiseConv2d,
  fusedDepthwiseConv2d,
  depthwiseBackpropInput,
  depthwiseBackpropFilter,
  maxPool,
  maxPoolGrad,
  avgPool,
  avgPoolGrad,
  batchMatMul,
  add,
  subtract,
  multiply,
  divide,
  sum,
  mean,
  max,
  min,
  prod,
  spread,
  reluGradient,
  identity,
  cast,
  fusedBatchNorm,
  batchNormGradient,
  unsortedSegmentSum,
];

let registered = false;

/**
 * Registers the kernels and gradients that training on the `wasm` backend needs, and repairs two layers, for this thread. Calling it again does
 * nothing.
 */
export function registerTrainingKernels(): void {
  if (registered) return;
  registered = true;
  for (const { kernelName, make } of kernels) {
    // The registry returns undefined for what is not registered, though its type does not say so.
    const stock = tf.getKernel(kernelName, 'wasm') as tf.KernelConfig | undefined;
    if (stock !== undefined) tf.unregisterKernel(kernelName, 'wasm');
    tf.registerKernel(make(stock));
  }
  registerGradients();
  repairLayers();
  // A backend that has started calls no set-up any more.
  const started = tf.findBackend('wasm') as BackendWasm | null;
  if (started !== null) guardAllocations(started);
}
