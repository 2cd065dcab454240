/**
 * Gathers examples out of shared memory into a batch, normalised on the way: x ↦ (x / inputScale − mean) / deviation
 * per channel. It is computed in double precision and rounded once, so a batch is the same on every backend. Bytes take
 * only 256 values per channel, so for them it is a table.
 */
import type { Dataset, Split } from '../data/dataset.js';

/** What a batch is gathered from. */
export interface Gatherer {
  /** Values of one example. */
  readonly exampleSize: number;
  /** Writes the named examples of the split one after the other: inputs (NHWC) and labels. */
  gather(split: Split, examples: Uint32Array, inputs: Float32Array, labels: Int32Array): void;
}

export function createGatherer(dataset: Pick<Dataset, 'inputShape' | 'normalisation'>): Gatherer {
  const exampleSize = dataset.inputShape.reduce((product, side) => product * side, 1);
  const { inputScale, mean, deviation } = dataset.normalisation;
  const channels = mean.length;
  const normalise = (value: number, channel: number) =>
    (value / inputScale - (mean[channel] ?? 0)) / (deviation[channel] ?? 1);
  const table = Float32Array.from({ length: channels * 256 }, (_, i) => normalise(i & 255, i >> 8));

  function bytes(source: Uint8Array, from: number, target: Float32Array, to: number): void {
    for (let i = 0; i < exampleSize; i += channels) {
      for (let channel = 0; channel < channels; channel++) {
        target[to + i + channel] = table[(channel << 8) | (source[from + i + channel] ?? 0)] ?? 0;
      }
    }
  }

  function floats(source: Float32Array, from: number, target: Float32Array, to: number): void {
    for (let i = 0; i < exampleSize; i++) {
      target[to + i] = normalise(source[from + i] ?? 0, i % channels);
    }
  }

  return {
    exampleSize,
    gather(split, examples, inputs, labels) {
      let to = 0;
      for (const [i, example] of examples.entries()) {
        const from = example * exampleSize;
        if (split.inputs instanceof Uint8Array) bytes(split.inputs, from, inputs, to);
        else floats(split.inputs, from, inputs, to);
        labels[i] = split.labels[example] ?? 0;
        to += exampleSize;
      }
    },
  };
}
