/**
 * How much memory a model can have. A WebAssembly module addresses 4 GB at most, and the one of TensorFlow.js is built to
 * grow up to that; the other backends have what the machine has.
 */
import { totalmem } from 'node:os';
import type { BackendName } from './backend.js';

/** Most memory that can be had, and of whom. */
export interface MemoryLimit {
  readonly bytes: number;
  /** As the subject of a sentence: `the wasm backend`. */
  readonly owner: string;
}

/** What Emscripten's heap of the wasm backend of TensorFlow.js 4.22 may grow to. */
const mostWasmBytes = 2 ** 32 - 65_536;

/** @param machineBytes default: this machine's, or what this process may have of it */
export function memoryLimitOf(backend: BackendName, machineBytes = memoryOfProcess()): MemoryLimit {
  return backend === 'wasm' && mostWasmBytes < machineBytes
    ? { bytes: mostWasmBytes, owner: 'the wasm backend' }
    : { bytes: machineBytes, owner: 'this machine' };
}

function memoryOfProcess(): number {
  // 0, or a number beyond all machines, where nothing constrains it.
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

/** Bytes as part of a sentence. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
