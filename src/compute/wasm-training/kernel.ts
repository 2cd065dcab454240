/**
 * The edge between TensorFlow.js's loosely typed kernel registry and our kernels: a kernel says its inputs and
 * attributes once, and the casts live here alone.
 */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** What a kernel is called with. */
export interface KernelCall<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: BackendWasm;
}

/** Height and width, or one number for both. */
export type Pair = number | [number, number];
export type Shape4 = [number, number, number, number];

/** Describes a kernel of the `wasm` backend. */
export function wasmKernel<Inputs extends tf.NamedTensorInfoMap, Attrs extends tf.NamedAttrMap>(
  kernelName: string,
  run: (call: KernelCall<Inputs, Attrs>) => tf.TensorInfo,
): tf.KernelConfig {
  return {
    kernelName,
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs, backend }) =>
      run({ inputs: inputs as Inputs, attrs: attrs as Attrs, backend: backend as BackendWasm }),
  };
}
