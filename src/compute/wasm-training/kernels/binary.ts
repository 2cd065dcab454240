/**
 * Sums, differences, products and quotients of float32 tensors of the same shape, or where one is a single number or a
 * row that is repeated (a bias, a channel's scale). All other broadcasting is left to the stock kernels.
 */
import * as tf from '@tensorflow/tfjs';
import type { Native } from '../native.js';
import { type KernelCall, wasmKernel } from '../kernel.js';
import { sizeOf } from '../shapes.js';

type BinaryCall = KernelCall<{ a: tf.TensorInfo; b: tf.TensorInfo }, Record<string, never>>;

/** Operations, as `assembly/elementwise.ts` numbers them. */
const kinds = { add: 0, subtract: 1, multiply: 2, divide: 3 } as const;
/** What the smaller operand is, as it numbers that. */
const repeats = { same: 0, number: 1, row: 2 } as const;

function binaryKernel(kernelName: string, kind: number) {
  return wasmKernel(kernelName, (call: BinaryCall) => {
    const { inputs, backend, native } = call;
    const { a, b } = inputs;
    const sizeA = sizeOf(a.shape);
    const sizeB = sizeOf(b.shape);
    const swapped = sizeA < sizeB;
    const large = swapped ? b : a;
    const small = swapped ? a : b;
    const repeat = repeatOf(large.shape, small.shape);
    if (a.dtype !== 'float32' || b.dtype !== 'float32' || repeat === undefined) return call.stock();
    const out = backend.makeOutput(large.shape, 'float32');
    const columns = repeat === repeats.row ? sizeOf(small.shape) : 1;
    const rows = Math.max(sizeA, sizeB) / columns;
    native.kernels.binary(
      kind,
      native.address(large),
      native.address(small),
      native.address(out),
      rows,
      columns,
      repeat,
      swapped,
    );
    return out;
  });
}

/** How `small` is repeated to fill `large`, if we can; the result then has the shape of `large`. */
function repeatOf(large: readonly number[], small: readonly number[]): number | undefined {
  if (small.length > large.length) return undefined;
  const size = sizeOf(small);
  if (sizeOf(large) === 0) return undefined;
  if (small.length === large.length && small.every((length, axis) => length === large[axis]))
    return repeats.same;
  if (size === 1) return repeats.number;
  // A row: the trailing axes are equal, all axes before them have length 1.
  let axis = large.length - 1;
  for (let own = small.length - 1; own >= 0 && small[own] === large[axis]; own--) axis--;
  const trailing = sizeOf(large.slice(axis + 1));
  return trailing === size ? repeats.row : undefined;
}

function withRow(kind: number) {
  return (
    native: Native,
    a: tf.TensorInfo,
    row: tf.TensorInfo,
    out: tf.TensorInfo,
    rows: number,
    columns: number,
  ): void => {
    const [from, by, to] = [native.address(a), native.address(row), native.address(out)];
    native.kernels.binary(kind, from, by, to, rows, columns, repeats.row, false);
  };
}

/** out = a + row, for `rows` rows of `columns`. */
export const addRow = withRow(kinds.add);
/** out = a · row, element by element, for `rows` rows of `columns`. */
export const multiplyRow = withRow(kinds.multiply);

export const add = binaryKernel(tf.Add, kinds.add);
export const subtract = binaryKernel(tf.Sub, kinds.subtract);
export const multiply = binaryKernel(tf.Multiply, kinds.multiply);
export const divide = binaryKernel(tf.RealDiv, kinds.divide);
