/**
 * The wasm backend of TensorFlow.js takes the address that it is given, also where there was no memory left and it is 0,
 * and passes on sizes beyond 4 GB, of which WebAssembly sees the remainder: kernels then write over other tensors, until
 * one reaches outside the memory. Where a block would end beyond 4 GB, its allocator may even give the address of a few bytes as
 * if there were room. Here an allocation that fails says so, before anything is written.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { StalewartError } from '../../errors.js';

interface Allocator {
  /** All of the memory; another view when it has grown. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

const addressable = 2 ** 32;
const guarded = new WeakSet<object>();

/** Has the backend's allocations throw StalewartError MODEL where they fail. Calling it again does nothing. */
export function guardAllocations(backend: BackendWasm): void {
  const module = backend.wasm as BackendWasm['wasm'] & Allocator;
  if (guarded.has(module)) return;
  guarded.add(module);
  // At its first call Emscripten's function puts another in its own place.
  module._free(module._malloc(1));
  const allocate = module._malloc.bind(module);
  module._malloc = (bytes) => {
    const address = bytes < addressable ? allocate(bytes) : 0;
    if (bytes === 0 || (address !== 0 && (address >>> 0) + bytes <= module.HEAPU8.length)) return address;
    if (address !== 0) module._free(address);
    throw new StalewartError(
      'MODEL',
      `the wasm backend has no ${(bytes / 2 ** 20).toFixed(1)} MB of memory left: take a smaller batch or model`,
      { field: 'model' },
    );
  };
}
