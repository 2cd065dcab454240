/**
 * The edge between TensorFlow.js's loosely typed registry and our kernels: a kernel says its inputs and attributes once,
 * and the casts live here alone. A kernel that takes a stock one's place keeps it for the cases it leaves alone.
 */
import type * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { guardAllocations } from './guarded-allocation.js';
import { type Native, nativeOf } from './native.js';

/** What a kernel is called with. */
export interface KernelCall<Inputs, Attrs> {
  readonly inputs: Inputs;
  readonly attrs: Attrs;
  readonly backend: BackendWasm;
  readonly native: Native;
  /** Runs the kernel that TensorFlow.js ships under this name. */
  readonly stock: () => tf.TensorInfo;
}

/** What is registered; `stock` is the kernel that it replaces, if there is one. */
export type KernelMaker = (stock: tf.KernelConfig | undefined) => tf.KernelConfig;

/** Describes a kernel of the `wasm` backend. */
export function wasmKernel<Inputs extends tf.NamedTensorInfoMap, Attrs extends tf.NamedAttrMap>(
  kernelName: string,
  run: (call: KernelCall<Inputs, Attrs>) => tf.TensorInfo | tf.TensorInfo[],
): { readonly kernelName: string; readonly make: KernelMaker } {
  const make: KernelMaker = (stock) => ({
    // Spread first: the backend calls the stock kernel's set-up when it starts.
    ...stock,
    kernelName,
    backendName: 'wasm',
    // Before the program can allocate anything.
    setupFunc: (backend) => {
      stock?.setupFunc?.(backend);
      guardAllocations(backend as BackendWasm);
    },
    kernelFunc: (call) => {
      const backend = call.backend as BackendWasm;
      return run({
        inputs: call.inputs as Inputs,
        attrs: call.attrs as Attrs,
        backend,
        native: nativeOf(backend),
        stock: () => {
          if (stock === undefined)
            throw new Error(`TensorFlow.js ships no ${kernelName} for the wasm backend`);
          return stock.kernelFunc(call) as tf.TensorInfo;
        },
      });
    },
  });
  return { kernelName, make };
}
