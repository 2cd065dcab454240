/** Rows of x added up by segment, the gradient of gather (embeddings), which the wasm backend ships without. */
import * as tf from '@tensorflow/tfjs';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';

type SegmentSumCall = KernelCall<{ x: tf.TensorInfo; segmentIds: tf.TensorInfo }, { numSegments: number }>;

export const unsortedSegmentSum = wasmKernel(
  tf.UnsortedSegmentSum,
  ({ inputs, attrs, backend }: SegmentSumCall) => {
    const { x, segmentIds } = inputs;
    const ids = backend.typedArrayFromHeap(segmentIds);
    const row = x.shape.slice(segmentIds.shape.length);
    const columns = sizeOf(row);
    const out = backend.makeOutput([attrs.numSegments, ...row], x.dtype);
    // Views are taken after the output, whose allocation may move the heap.
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(out).fill(0);
    const segments = backend.typedArrayFromHeap(segmentIds);
    for (let i = 0; i < ids.length; i++) {
      const segment = segments[i] ?? -1;
      if (segment < 0 || segment >= attrs.numSegments) continue;
      for (let j = 0; j < columns; j++) {
        to[segment * columns + j] = (to[segment * columns + j] ?? 0) + (from[i * columns + j] ?? 0);
      }
    }
    return out;
  },
);
