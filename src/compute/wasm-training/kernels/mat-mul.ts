/** Products of matrices, either transposed, over batches that may be broadcast. */
import * as tf from '@tensorflow/tfjs';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';

type MatMulCall = KernelCall<
  { a: tf.TensorInfo; b: tf.TensorInfo },
  { transposeA: boolean; transposeB: boolean }
>;

/** Bytes of one element of a panel of eight columns. */
const PANEL = 32;

export const batchMatMul = wasmKernel(tf.BatchMatMul, (call: MatMulCall) => {
  const { inputs, attrs, backend, native } = call;
  const { a, b } = inputs;
  const { transposeA, transposeB } = attrs;
  const [rows, inner] = matrixShape(a, transposeA);
  const [innerB, columns] = matrixShape(b, transposeB);
  tf.util.assert(
    inner === innerB,
    () => `matMul: inner shapes ${inner} and ${innerB} of [${a.shape.join()}] and [${b.shape.join()}] differ`,
  );
  if (a.dtype !== 'float32' || b.dtype !== 'float32') return call.stock();
  const outerA = a.shape.slice(0, -2);
  const outerB = b.shape.slice(0, -2);
  const outer = tf.backend_util.assertAndGetBroadcastShape(outerA, outerB);
  const c = backend.makeOutput([...outer, rows, columns], 'float32');
  if (sizeOf(c.shape) === 0) return c;
  const scratch = native.scratch(Math.max(inner, 1) * PANEL);
  const fromA = native.address(a);
  const fromB = native.address(b);
  const to = native.address(c);
  const matrices = sizeOf(outer);
  for (let i = 0; i < matrices; i++) {
    native.kernels.matMul(
      fromA + 4 * rows * inner * broadcastIndex(i, outer, outerA),
      fromB + 4 * inner * columns * broadcastIndex(i, outer, outerB),
      to + 4 * rows * columns * i,
      rows,
      inner,
      columns,
      transposeA,
      transposeB,
      scratch,
    );
  }
  return c;
});

/** Rows and columns after transposing. */
function matrixShape({ shape }: tf.TensorInfo, transposed: boolean): [number, number] {
  const rows = shape[shape.length - 2] ?? 1;
  const columns = shape[shape.length - 1] ?? 1;
  return transposed ? [columns, rows] : [rows, columns];
}

/** Which matrix of an operand with the outer shape `from` belongs to matrix `index` of the broadcast shape `to`. */
function broadcastIndex(index: number, to: readonly number[], from: readonly number[]): number {
  let found = 0;
  let stride = 1;
  for (let axis = to.length - 1, own = from.length - 1; own >= 0; axis--, own--) {
    const length = to[axis] ?? 1;
    const ownLength = from[own] ?? 1;
    if (ownLength > 1) found += (index % length) * stride;
    stride *= ownLength;
    index = Math.floor(index / length);
  }
  return found;
}
