import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { assertSame, eighths, normal } from './on-backends.js';

const length = fc.integer({ min: 1, max: 37 });
const seed = fc.nat({ max: 1e6 });

function draw(from: number, shape: number[]): tf.Tensor {
  return eighths(from, [1, 1, 1, tf.util.sizeFromShape(shape)]).reshape(shape);
}

describe('wasm-training: matrix products', () => {
  it('gives the very numbers of the cpu backend, either matrix transposed', async () => {
    await fc.assert(
      fc.asyncProperty(
        length,
        length,
        length,
        fc.boolean(),
        fc.boolean(),
        seed,
        async (m, k, n, ta, tb, from) => {
          const compute = () => [
            tf.matMul(draw(from, ta ? [k, m] : [m, k]), draw(from + 1, tb ? [n, k] : [k, n]), ta, tb),
          ];
          await assertSame(compute, 0);
        },
      ),
      { numRuns: 120 },
    );
  });

  it('multiplies batches, and one matrix with each of a batch', async () => {
    for (const [outerA, outerB] of [
      [[3], [3]],
      [[1], [4]],
      [[5], [1]],
      [
        [2, 3],
        [2, 3],
      ],
    ]) {
      assert.ok(outerA !== undefined && outerB !== undefined);
      const compute = () => [tf.matMul(draw(1, [...outerA, 5, 6]), draw(2, [...outerB, 6, 9]))];
      await assertSame(compute, 0);
    }
  });

  it('broadcasts both operands over different axes', async () => {
    const compute = () => [tf.matMul(draw(1, [2, 1, 5, 6]), draw(2, [1, 3, 6, 9]))];
    const reference = () => [
      tf.matMul(draw(1, [2, 1, 5, 6]).tile([1, 3, 1, 1]), draw(2, [1, 3, 6, 9]).tile([2, 1, 1, 1])),
    ];
    await assertSame(compute, 0, reference);
  });
});

describe('wasm-training: sums', () => {
  it('sums and averages over leading axes, and leaves all other axes to the stock kernels', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), fc.boolean(), seed, async (lengths, pick, keepDims, from) => {
        const axes = lengths.map((_, axis) => axis).filter((axis) => (pick >> axis) & 1);
        const over = axes.length === 0 ? [0] : axes;
        await assertSame(() => [tf.sum(draw(from, lengths), over, keepDims)], 0);
        await assertSame(() => [tf.mean(draw(from, lengths), over, keepDims)], 1e-6);
      }),
      { numRuns: 80 },
    );
  });

  it('differentiates sums and means over any axes', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(shape, fc.nat(), fc.boolean(), seed, async (lengths, pick, keepDims, from) => {
        const axes = lengths.map((_, axis) => axis).filter((axis) => (pick >> axis) & 1);
        for (const reduce of [tf.sum, tf.mean]) {
          const compute = () => {
            const forward = (x: tf.Tensor) => reduce(x, axes.length === 0 ? undefined : axes, keepDims);
            const x = draw(from, lengths);
            return [tf.grad(forward)(x, draw(from + 1, forward(x).shape))];
          };
          await assertSame(compute, 1e-6);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps rounding errors small over many rows', async () => {
    const rows = 40_000;
    const compute = () => [tf.sum(normal(5, [rows, 1, 1, 6]).add(1).reshape([rows, 6]), 0)];
    await assertSame(compute, 1e-5, () => {
      const exact = new Float64Array(6);
      const values = normal(5, [rows, 1, 1, 6]).add(1).dataSync();
      values.forEach((value, i) => {
        exact[i % 6] = (exact[i % 6] ?? 0) + value;
      });
      return [tf.tensor1d(Float32Array.from(exact))];
    });
  });
});

describe('wasm-training: arithmetic', () => {
  const operations = { add: tf.add, sub: tf.sub, mul: tf.mul, div: tf.div };
  const shapes: [number[], number[]][] = [
    [
      [5, 7],
      [5, 7],
    ],
    [[5, 7], [7]],
    [[7], [5, 7]],
    [[4, 3], [3]],
    [[3], [2, 4, 3]],
    [[6, 5], []],
    [[], [6, 5]],
    [[6, 5], [1]],
    [
      [2, 3, 4, 5],
      [1, 1, 1, 5],
    ],
    [
      [2, 3, 4, 5],
      [4, 5],
    ],
    [
      [2, 3, 4, 5],
      [2, 1, 4, 5],
    ],
    [
      [2, 1, 5],
      [1, 3, 5],
    ],
    [[1], [1, 1]],
    [[0, 3], [3]],
  ];
  for (const [name, operation] of Object.entries(operations)) {
    it(`${name} broadcasts as on the cpu backend`, async () => {
      for (const [a, b] of shapes) {
        await assertSame(() => [operation(draw(1, a), draw(2, b).add(1.5))], name === 'div' ? 1e-6 : 0);
      }
    });
  }

  it('combines rows of any number and length with one row, one number, or as many', async () => {
    const operation = fc.constantFrom(...(Object.keys(operations) as (keyof typeof operations)[]));
    const second = fc.constantFrom('row', 'number', 'all');
    await fc.assert(
      fc.asyncProperty(
        length,
        length,
        operation,
        second,
        fc.boolean(),
        seed,
        async (m, n, name, kind, swap, from) => {
          const shape = { row: [n], number: [], all: [m, n] }[kind] ?? [];
          const compute = () => {
            // Between 0.5 and 2.5: it may be the divisor.
            const [a, b] = [draw(from, [m, n]).add(1.5), draw(from + 1, shape).add(1.5)];
            return [swap ? operations[name](b, a) : operations[name](a, b)];
          };
          await assertSame(compute, name === 'div' ? 1e-6 : 0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('differentiates a bias and a ReLU over any number of rows', async () => {
    await fc.assert(
      fc.asyncProperty(length, length, seed, async (m, n, from) => {
        const compute = () => {
          const forward = (x: tf.Tensor, bias: tf.Tensor) => tf.relu(tf.add(x, bias));
          const inputs = [draw(from, [m, n]), draw(from + 1, [n])];
          return tf.grads(forward)(inputs, draw(from + 2, [m, n]));
        };
        await assertSame(compute, 0);
      }),
      { numRuns: 100 },
    );
  });

  it('leaves whole numbers to the stock kernels', async () => {
    await assertSame(() => [tf.add(tf.tensor1d([1, 2, 3], 'int32'), tf.tensor1d([4, 5, 6], 'int32'))], 0);
  });

  it('differentiates ReLU as zero at zero', async () => {
    const compute = () => {
      const x = draw(3, [3, 7]);
      return [tf.grad((a: tf.Tensor) => tf.relu(a))(x, draw(4, [3, 7]))];
    };
    await assertSame(compute, 0);
  });

  it('shares the values of a clone, and of a cast to the same type, without sharing their end', async () => {
    await useWasmBackend();
    const first = tf.tensor1d([1, 2, 3]);
    const copies = [first.clone(), tf.cast(first, 'float32')];
    first.dispose();
    for (const copy of copies) {
      assert.deepEqual([...copy.dataSync()], [1, 2, 3]);
      copy.dispose();
    }
    assert.deepEqual([...tf.cast(tf.tensor1d([1.5, 0]), 'bool').dataSync()], [1, 0]);
  });

  it('sums the gradients of rows that were gathered more than once', async () => {
    const compute = () => {
      const gather = (table: tf.Tensor) => tf.gather(table, tf.tensor1d([2, 0, 2, 4, 2], 'int32'));
      return [tf.grad(gather)(draw(1, [5, 3]), draw(2, [5, 3]))];
    };
    await assertSame(compute, 0);
  });
});
