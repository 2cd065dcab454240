/**
 * Chooses the TensorFlow.js backend of this thread. `wasm` is given one thread per instance, because a pool runs one
 * instance per core, and the kernels that training needs; `cpu` is the plain reference that gradients are checked
 * against.
 */
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { StalewartError } from '../../errors.js';
import { registerTrainingKernels } from './register.js';

/**
 * Makes `wasm` the backend of this thread, able to train. Calling it again is harmless.
 * @throws StalewartError COMPUTE if the WebAssembly files of `@tensorflow/tfjs-backend-wasm` cannot be loaded
 */
export async function useWasmBackend(): Promise<void> {
  if (tf.findBackend('wasm') === null || tf.getBackend() !== 'wasm') {
    const binary = createRequire(import.meta.url).resolve(
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
    );
    setWasmPaths(dirname(binary) + sep);
    setThreadsCount(1);
    registerTrainingKernels();
    if (!(await tf.setBackend('wasm'))) {
      throw new StalewartError(
        'COMPUTE',
        `the wasm backend did not start from ${dirname(binary)}: reinstall @tensorflow/tfjs-backend-wasm`,
      );
    }
  }
  registerTrainingKernels();
  await tf.ready();
}

/** Makes `cpu` the backend of this thread: slow, for checking. */
export async function useCpuBackend(): Promise<void> {
  await tf.setBackend('cpu');
  await tf.ready();
}
