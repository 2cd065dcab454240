import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { winogradTiles } from '../../../src/compute/wasm-training/conv-scratch.js';
import { convolution } from './convolutions.js';
import { assertSame, eighths, fits, normal, onCpu, onWasm, type Window, windows } from './on-backends.js';

/** 3 × 3 taps by stride 1: what Winograd's algorithm is for, from eight channels on. */
const suitedWindow: Window = {
  batch: 1,
  height: 1,
  width: 1,
  filter: [3, 3],
  strides: [1, 1],
  pad: 'same',
  seed: 7,
};
const suited = windows()
  .map(({ batch, height, width, pad, seed }): Window => {
    return { ...suitedWindow, batch: Math.ceil(batch / 2), height, width, pad, seed };
  })
  .filter((window) => fits(window, 1));
const channels = fc.constantFrom(8, 12, 16);

const shape = {
  inHeight: 20,
  inWidth: 21,
  inChannels: 64,
  outHeight: 20,
  outWidth: 21,
  outChannels: 64,
  filterHeight: 3,
  filterWidth: 3,
  strideHeight: 1,
  strideWidth: 1,
  dilationHeight: 1,
  dilationWidth: 1,
};

describe("wasm-training: convolution by Winograd's algorithm", () => {
  it('gives the very numbers of the cpu backend where all sums are exact, whatever the size and padding', async () => {
    await fc.assert(
      fc.asyncProperty(suited, channels, channels, async (window, inChannels, outChannels) => {
        await assertSame(() => convolution(window, inChannels, outChannels, eighths), 0);
      }),
      { numRuns: 150 },
    );
  });

  it('stays within 1e-5 of the cpu backend on real numbers', async () => {
    await fc.assert(
      fc.asyncProperty(suited, channels, channels, async (window, inChannels, outChannels) => {
        await assertSame(() => convolution(window, inChannels, outChannels, normal), 1e-5);
      }),
      { numRuns: 100 },
    );
  });

  it('cuts an image that is wider than a block', async () => {
    const tiles = winogradTiles(shape);
    assert.ok(tiles > 0 && tiles < Math.ceil(shape.outWidth / 2), `a block has ${tiles} tiles`);
    const { inHeight: height, inWidth: width, inChannels } = shape;
    const window: Window = { ...suitedWindow, batch: 9, height, width };
    // One output channel more is no multiple of four: it is summed plainly.
    const more = (seed: number, [...dimensions]: number[]) => {
      const last = dimensions.pop() === inChannels ? inChannels : inChannels + 1;
      return eighths(seed, [...dimensions, inChannels]).pad([
        [0, 0],
        [0, 0],
        [0, 0],
        [0, last - inChannels],
      ]) as tf.Tensor4D;
    };
    const fast = await onWasm(() => convolution(window, inChannels, inChannels, eighths));
    const plain = await onWasm(() => {
      const [y, dx, dFilter] = convolution(window, inChannels, inChannels + 1, more) as tf.Tensor4D[];
      assert.ok(y && dx && dFilter);
      return [
        y.slice([0, 0, 0, 0], [-1, -1, -1, inChannels]),
        dx,
        dFilter.slice([0, 0, 0, 0], [-1, -1, -1, inChannels]),
      ];
    });
    assert.deepEqual(fast, plain);
  });

  it('is not used where it does not suit', () => {
    for (const other of [
      { filterHeight: 1 },
      { filterWidth: 5 },
      { strideHeight: 2 },
      { dilationWidth: 2 },
      { inChannels: 4 },
      { outChannels: 10 },
    ]) {
      assert.equal(winogradTiles({ ...shape, ...other }), 0, JSON.stringify(other));
    }
  });

  it('rounds no worse than plain sums by more than a small factor', async () => {
    // Against the cpu backend, whose sums run in double precision.
    const window: Window = { ...suitedWindow, batch: 3, height: 6, width: 7 };
    const errorWith = async (outChannels: number) => {
      const compute = () => convolution(window, 32, outChannels, normal);
      const [actual, expected] = [await onWasm(compute), await onCpu(compute)];
      return actual.map(({ values }, i) => rootMeanSquare(values, expected[i]?.values ?? values));
    };
    const [fast, plain] = [await errorWith(32), await errorWith(33)];
    fast.forEach((error, i) => assert.ok(error < 4 * (plain[i] ?? 0), `${error} and ${plain[i]}`));
  });
});

function rootMeanSquare(actual: Float32Array, expected: Float32Array): number {
  let sum = 0;
  actual.forEach((value, i) => {
    sum += (value - (expected[i] ?? Number.NaN)) ** 2;
  });
  return Math.sqrt(sum / actual.length);
}
