/**
 * Our own WebAssembly kernels, instantiated on the memory of the tfjs wasm backend, so that tensors are passed as
 * addresses and never copied. Addresses stay good when that memory grows; views of it do not, so none is kept.
 */
import type { TensorInfo } from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { StalewartError } from '../../errors.js';
import { compiledModule } from '../compiled-modules.js';
import { type ConvGeometry, writeGeometry } from './conv-geometry.js';
import { guardAllocations } from './guarded-allocation.js';
import type { NativeKernels } from './native-kernels.js';

/** What Emscripten gives the backend's module and its typings leave out; views are replaced when the memory grows. */
interface EmscriptenModule {
  readonly HEAP32: Int32Array;
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
}

const FLOAT_BYTES = 4;
const CACHE_LINE = 64;
const GEOMETRY_BYTES = 64;

/** The kernels on one backend's memory, with the scratch memory that they share. */
export class Native {
  readonly kernels: NativeKernels;
  readonly #backend: BackendWasm;
  readonly #module: EmscriptenModule;
  readonly #geometry: number;
  #scratch = 0;
  #scratchBytes = 0;

  constructor(backend: BackendWasm) {
    this.#backend = backend;
    this.#module = backend.wasm as BackendWasm['wasm'] & EmscriptenModule;
    const memory = this.#module.asm?.memory;
    if (memory === undefined) {
      throw new StalewartError(
        'COMPUTE',
        'the wasm backend does not show its memory: use @tensorflow/tfjs 4.22',
      );
    }
    const { exports } = new WebAssembly.Instance(compiledModule('kernels'), { env: { memory } });
    // The module is ours, and the build compiles it together with this file.
    guardAllocations(backend);
    this.kernels = exports as WebAssembly.Exports & NativeKernels;
    this.#geometry = this.#allocate(GEOMETRY_BYTES);
  }

  /** Where a tensor's values lie. */
  address(tensor: TensorInfo): number {
    return this.#backend.getMemoryOffset(tensor.dataId);
  }

  /** Writes the geometry where kernels read it; good until the next call. */
  geometry(geometry: ConvGeometry): number {
    writeGeometry(geometry, this.#module.HEAP32, this.#geometry >>> 2);
    return this.#geometry;
  }

  /** Address of at least `bytes` bytes at a cache line's start, their contents arbitrary; good until the next call. */
  scratch(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      if (this.#scratch !== 0) this.#module._free(this.#scratch);
      // Empty until the allocation has succeeded: what is freed must not be freed or used again.
      this.#scratch = 0;
      this.#scratchBytes = 0;
      this.#scratch = this.#allocate(bytes + CACHE_LINE);
      this.#scratchBytes = bytes;
    }
    return Math.ceil(this.#scratch / CACHE_LINE) * CACHE_LINE;
  }

  /** As `scratch`: one address for each number of floats. */
  scratchParts<const Floats extends readonly number[]>(floats: Floats): { [Part in keyof Floats]: number } {
    const bytes = floats.map((count) => Math.ceil((count * FLOAT_BYTES) / CACHE_LINE) * CACHE_LINE);
    let address = this.scratch(bytes.reduce((sum, part) => sum + part, 0));
    const addresses = bytes.map((part) => {
      address += part;
      return address - part;
    });
    // As many as there are floats.
    return addresses as { [Part in keyof Floats]: number };
  }

  #allocate(bytes: number): number {
    return this.#module._malloc(bytes) >>> 0; // it throws where there is none left
  }
}

const natives = new WeakMap<BackendWasm, Native>();
let lastBackend: BackendWasm | undefined;
let lastNative: Native | undefined;

/** The kernels on this backend's memory; made at the first call. */
export function nativeOf(backend: BackendWasm): Native {
  if (lastNative !== undefined && backend === lastBackend) return lastNative;
  let native = natives.get(backend);
  if (native === undefined) {
    native = new Native(backend);
    natives.set(backend, native);
  }
  lastBackend = backend;
  lastNative = native;
  return native;
}
