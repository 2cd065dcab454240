/**
 * Chooses the TensorFlow.js backend of this thread. `wasm` is given one thread per instance, because a pool runs one
 * instance per core, and the kernels that training needs; `cpu` is the plain reference that gradients are checked
 * against.
 */
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type BackendWasm, setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { StalewartError } from '../../errors.js';
import { guardAllocations } from './guarded-allocation.js';
import { registerTrainingKernels } from './register.js';

/**
 * Makes `wasm` the backend of this thread, able to train. Calling it again is harmless.
 *
 * Loading the backend's module adds handlers to the process that throw every uncaught error a second time, which hides
 * the program's own handlers and its exit code; they are taken off again.
 *
 * @throws StalewartError COMPUTE if the WebAssembly files of `@tensorflow/tfjs-backend-wasm` cannot be loaded
 */
export async function useWasmBackend(): Promise<void> {
  registerTrainingKernels();
  if (tf.getBackend() === 'wasm') return;
  if (tf.findBackend('wasm') === null) {
    const binary = createRequire(import.meta.url).resolve(
      '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm',
    );
    setWasmPaths(dirname(binary) + sep);
    setThreadsCount(1);
  }
  const events: EventEmitter = process;
  const handlers = crashEvents.map((event) => new Set(events.listeners(event)));
  const started = await tf.setBackend('wasm');
  crashEvents.forEach((event, i) => {
    for (const listener of events.listeners(event)) {
      if (handlers[i]?.has(listener) || !rethrows.test(String(listener))) continue;
      events.off(event, listener as (...values: unknown[]) => void);
    }
  });
  if (!started) {
    throw new StalewartError(
      'COMPUTE',
      'the wasm backend did not start: reinstall @tensorflow/tfjs-backend-wasm',
    );
  }
  const backend = tf.findBackend('wasm') as BackendWasm | null;
  if (backend !== null) guardAllocations(backend);
}

const crashEvents = ['uncaughtException', 'unhandledRejection'] as const;

/** How Emscripten writes its handlers: they do nothing but throw what they are given. */
const rethrows = /ExitStatus|\{\s*throw \w+;?\s*\}/;

/**
 * Makes `cpu` the backend of this thread: slow, for checking. TensorFlow.js's own messages are turned off, because the one
 * that it prints here recommends another package.
 */
export async function useCpuBackend(): Promise<void> {
  tf.enableProdMode();
  if (tf.getBackend() !== 'cpu') await tf.setBackend('cpu');
}
