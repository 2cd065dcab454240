/**
 * Our own WebAssembly kernels, instantiated on the memory of the tfjs wasm backend, so that tensors are passed as
 * addresses and never copied. Addresses stay good when that memory grows; views of it do not, so none is kept.
 */
import type { TensorInfo } from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { StalewartError } from '../../errors.js';
import { compiledModule } from '../compiled-modules.js';
import { type ConvGeometry, writeGeometry } from './conv-geometry.js';

/** What `assembly/index.ts` exports; every number that is not a size is an address. */
export interface NativeKernels {
  conv2d(
    geometry: number,
    x: number,
    filter: number,
    bias: number,
    relu: number,
    y: number,
    scratch: number,
  ): void;
  conv2dInputGradient(geometry: number, dy: number, filter: number, dx: number, scratch: number): void;
  conv2dFilterGradient(
    geometry: number,
    x: number,
    dy: number,
    dFilter: number,
    paddedWidth: number,
    scratch: number,
  ): void;
  depthwise(geometry: number, x: number, filter: number, y: number): void;
  depthwiseFilterGradient(geometry: number, x: number, dy: number, dFilter: number): void;
  depthwiseInputGradient(geometry: number, dy: number, filter: number, dx: number, scratch: number): void;
  maxPool(geometry: number, x: number, y: number): void;
  averagePool(geometry: number, x: number, y: number): void;
  maxPoolGradient(geometry: number, dy: number, x: number, y: number, dx: number): void;
  averagePoolGradient(geometry: number, dy: number, dx: number): void;
  matMul(
    a: number,
    b: number,
    c: number,
    rows: number,
    inner: number,
    columns: number,
    transposeA: boolean,
    transposeB: boolean,
    scratch: number,
  ): void;
  binary(
    kind: number,
    a: number,
    b: number,
    c: number,
    rows: number,
    columns: number,
    repeat: number,
    swapped: boolean,
  ): void;
  normalize(
    x: number,
    mean: number,
    factor: number,
    offset: number,
    y: number,
    rows: number,
    channels: number,
  ): void;
  batchNormSums(
    dy: number,
    x: number,
    mean: number,
    sums: number,
    products: number,
    rows: number,
    channels: number,
  ): void;
  reluGradient(dy: number, x: number, dx: number, size: number): void;
  sumColumns(matrix: number, sums: number, rows: number, columns: number, scale: number): void;
}

/** What Emscripten gives the backend's module and its typings leave out; views are replaced when the memory grows. */
interface EmscriptenModule {
  readonly HEAP32: Int32Array;
  readonly asm?: { readonly memory?: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
}

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

  #allocate(bytes: number): number {
    const address = this.#module._malloc(bytes) >>> 0;
    if (address === 0) {
      throw new StalewartError(
        'COMPUTE',
        `the wasm backend has no ${bytes} bytes left: use a smaller batch or model`,
      );
    }
    return address;
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
