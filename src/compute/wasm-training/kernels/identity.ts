/**
 * A second tensor on the same values, by counting references as reshaping does; the stock kernel copies them. TensorFlow.js
 * keeps every input that a gradient needs this way, some forty times in a step of a small network.
 */
import * as tf from '@tensorflow/tfjs';
import { type KernelCall, wasmKernel } from '../kernel.js';

type IdentityCall = KernelCall<{ x: tf.TensorInfo }, Record<string, never>>;

export const identity = wasmKernel(tf.Identity, (call: IdentityCall) => {
  const { x } = call.inputs;
  if (x.dtype === 'string') return call.stock();
  call.backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
});
