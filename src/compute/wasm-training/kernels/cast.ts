/** A cast to the type that a tensor has already shares its values; the stock kernel copies them. */
import * as tf from '@tensorflow/tfjs';
import { type KernelCall, wasmKernel } from '../kernel.js';

type CastCall = KernelCall<{ x: tf.TensorInfo }, { dtype: tf.DataType }>;

export const cast = wasmKernel(tf.Cast, (call: CastCall) => {
  const { x } = call.inputs;
  if (x.dtype !== call.attrs.dtype || x.dtype === 'string') return call.stock();
  call.backend.incRef(x.dataId);
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
});
