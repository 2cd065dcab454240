/** Convolutions for the tests: y and both gradients, where dy is drawn at random. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Window } from './on-backends.js';

export type Draw = (seed: number, shape: number[]) => tf.Tensor4D;

/** y, dx and dFilter. */
export function convolution(w: Window, inChannels: number, outChannels: number, draw: Draw): tf.Tensor[] {
  const x = draw(w.seed, [w.batch, w.height, w.width, inChannels]);
  const filter = draw(w.seed + 1, [...w.filter, inChannels, outChannels]);
  const forward = (a: tf.Tensor, b: tf.Tensor) =>
    tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, w.strides, w.pad);
  const y = forward(x, filter);
  const dy = draw(w.seed + 2, y.shape);
  const [dx, dFilter] = tf.grads(forward)([x, filter], dy);
  assert.ok(dx !== undefined && dFilter !== undefined);
  return [y, dx, dFilter];
}
