/**
 * Computes the same thing on the wasm backend with our kernels and on the plain cpu backend, which is the reference.
 * Distance is max |a − b| / max(1, max |b|), b being the reference: relative for large values, absolute below 1.
 */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { useCpuBackend, useWasmBackend } from '../../../src/compute/wasm-training/index.js';

export type Result = { readonly shape: readonly number[]; readonly values: Float32Array };

async function run(compute: () => tf.Tensor[]): Promise<Result[]> {
  const tensors = tf.tidy(compute);
  const results: Result[] = [];
  for (const tensor of tensors) {
    results.push({ shape: tensor.shape, values: Float32Array.from(await tensor.data()) });
    tensor.dispose();
  }
  return results;
}

export async function onWasm(compute: () => tf.Tensor[]): Promise<Result[]> {
  await useWasmBackend();
  return run(compute);
}

export async function onCpu(compute: () => tf.Tensor[]): Promise<Result[]> {
  await useCpuBackend();
  return run(compute);
}

export function distance(actual: Float32Array, expected: Float32Array): number {
  assert.equal(actual.length, expected.length);
  let largest = 1;
  let difference = 0;
  expected.forEach((value, i) => {
    largest = Math.max(largest, Math.abs(value));
    // A NaN on either side makes the distance NaN, and stays.
    difference = Math.max(difference, Math.abs((actual[i] ?? Number.NaN) - value));
  });
  return difference / largest;
}

/** Both backends give the same shapes, and values no further apart than `tolerance`; 0 asks for the same numbers. */
export async function assertSame(
  compute: () => tf.Tensor[],
  tolerance: number,
  reference: () => tf.Tensor[] = compute,
): Promise<void> {
  const actual = await onWasm(compute);
  const expected = await onCpu(reference);
  assert.equal(actual.length, expected.length);
  expected.forEach((result, i) => {
    const other = actual[i];
    assert.ok(other !== undefined);
    assert.deepEqual(other.shape, result.shape, `shape of result ${i}`);
    const apart = distance(other.values, result.values);
    assert.ok(apart <= tolerance, `result ${i} of shape [${result.shape.join()}] is ${apart} apart`);
  });
}

/**
 * Values from −1 to 1 in steps of 1/8. Products of two are multiples of 1/64, and their sums stay exact in float32, so
 * that a right kernel gives the very numbers of the reference in whatever order it adds.
 */
export function eighths(seed: number, shape: number[]): tf.Tensor4D {
  const values = new Float32Array(tf.util.sizeFromShape(shape));
  let state = seed >>> 0;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = ((state >>> 16) % 17) / 8 - 1;
  }
  return tf.tensor4d(values, shape as [number, number, number, number]);
}

/** Values of a normal law; TensorFlow.js takes the seed 0 for none. */
export function normal(seed: number, shape: number[]): tf.Tensor4D {
  return tf.randomNormal<tf.Rank.R4>(shape as [number, number, number, number], 0, 1, 'float32', seed + 1);
}

export type Window = {
  batch: number;
  height: number;
  width: number;
  filter: [number, number];
  strides: [number, number];
  pad: 'valid' | 'same' | number | [[0, 0], [number, number], [number, number], [0, 0]];
  seed: number;
};

const border = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }));

/** Windows that fit the padded image; an output may still have no rows or no columns. */
export function windows(largestFilter = 5): fc.Arbitrary<Window> {
  return fc
    .record({
      batch: fc.integer({ min: 1, max: 18 }),
      height: fc.integer({ min: 1, max: 11 }),
      width: fc.integer({ min: 1, max: 11 }),
      filter: fc.tuple(
        fc.integer({ min: 1, max: largestFilter }),
        fc.integer({ min: 1, max: largestFilter }),
      ),
      strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      pad: fc.oneof(
        fc.constant<'valid'>('valid'),
        fc.constant<'same'>('same'),
        fc.nat({ max: 2 }),
        fc
          .tuple(border, border)
          .map<[[0, 0], [number, number], [number, number], [0, 0]]>(([h, w]) => [[0, 0], h, w, [0, 0]]),
      ),
      seed: fc.nat({ max: 1e6 }),
    })
    .filter((window) => fits(window, 1));
}

/** Whether the output has no negative height or width. */
export function fits(
  { height, width, filter, strides, pad }: Window,
  dilations: number | [number, number],
): boolean {
  const shape: [number, number, number, number] = [1, height, width, 1];
  const g = tf.backend_util.computeConv2DInfo(shape, [...filter, 1, 1], strides, dilations, pad);
  return g.outHeight >= 0 && g.outWidth >= 0;
}
