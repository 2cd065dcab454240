/**
 * A data set in memory: raw inputs in shared memory, so that every compute thread reads the same bytes. Normalisation
 * happens when a batch is gathered.
 */

/** One half of a data set. */
export interface Split {
  /** Number of examples. */
  readonly size: number;
  /** `size × height × width × channels` values, row-major (NHWC), over a SharedArrayBuffer. */
  readonly inputs: Uint8Array | Float32Array;
  /** `size` class indices, 0-based, over a SharedArrayBuffer. */
  readonly labels: Uint8Array | Uint16Array;
}

export interface Dataset {
  readonly name: string;
  /** Shape of one example: [height, width, channels]. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly classNames: readonly string[];
  readonly train: Split;
  readonly test: Split;
  /** Per channel, in units of inputs divided by `inputScale`: x ↦ (x / inputScale − mean) / deviation. */
  readonly normalisation: {
    /** 255 for bytes, 1 for floats. */
    readonly inputScale: number;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
  };
}

/** Indices into `train` that belong to each worker, over a SharedArrayBuffer each. */
export type Partitions = readonly Uint32Array[];
