/** Tensors without elements: every kernel gives what the cpu backend gives, never what happens to be in memory. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { onCpu, onWasm, type Result } from './on-backends.js';

type Shape4 = [number, number, number, number];

const image = (...shape: Shape4) => tf.ones<tf.Rank.R4>(shape);
const ones = (channels: number) => tf.ones<tf.Rank.R1>([channels]);

/** Leaves numbers in the memory that the next tensors will get. */
function litter(): void {
  for (let size = 1; size < 220; size++) {
    tf.dispose([1, 2, 3].map(() => tf.fill([size], 777)));
  }
}

const reductions = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod };

/** Batches, channels or filters of size 0, and windows that leave no pixel. */
const windows: readonly (readonly [Shape4, Shape4, 'same' | 'valid'])[] = [
  [[0, 5, 5, 2], [3, 3, 2, 3], 'same'],
  [[2, 5, 5, 0], [3, 3, 0, 3], 'same'],
  [[2, 2, 2, 2], [3, 3, 2, 3], 'valid'],
  [[2, 2, 5, 2], [3, 3, 2, 3], 'valid'],
];

async function assertSameNumbers(compute: () => tf.Tensor[]): Promise<void> {
  const actual = await onWasm(() => {
    litter();
    return compute();
  });
  assert.deepEqual(unsigned(actual), unsigned(await onCpu(compute)));
}

/** −0 is as good as 0. */
function unsigned(results: readonly Result[]): Result[] {
  return results.map(({ shape, values }) => ({ shape, values: values.map((value) => value + 0) }));
}

function withGradients<Inputs extends tf.Tensor[]>(
  f: (...inputs: Inputs) => tf.Tensor,
  ...inputs: Inputs
): tf.Tensor[] {
  return [f(...inputs), ...tf.grads((...given) => f(...(given as Inputs)))(inputs)];
}

describe('wasm-training: tensors without elements', () => {
  for (const [name, reduce] of Object.entries(reductions)) {
    it(`have the ${name} that they have on the cpu backend, over any axes`, async () => {
      for (const shape of [[0], [0, 3], [3, 0], [2, 0, 3], [0, 4, 0]]) {
        for (const axis of [undefined, 0, shape.length - 1]) {
          for (const keepDims of [false, true]) {
            await assertSameNumbers(() => [reduce(tf.zeros(shape), axis, keepDims)]);
          }
        }
        await assertSameNumbers(() => [reduce(tf.zeros(shape, 'int32'), 0)]);
      }
    });
  }

  it('have gradients of sums and means without elements', async () => {
    for (const shape of [
      [0, 3],
      [3, 0],
    ]) {
      await assertSameNumbers(() => withGradients((x) => tf.sum(x, 0), tf.zeros(shape)));
      await assertSameNumbers(() => withGradients((x) => tf.mean(x, 1), tf.zeros(shape)));
    }
  });

  it('go through convolutions, and give gradients of zero', async () => {
    for (const [x, filter, pad] of windows) {
      const convolution = (a: tf.Tensor, w: tf.Tensor) =>
        tf.conv2d(a as tf.Tensor4D, w as tf.Tensor4D, 1, pad);
      await assertSameNumbers(() => withGradients(convolution, image(...x), image(...filter)));
    }
    const none = (a: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, image(3, 3, 2, 0), 1, 'same');
    await assertSameNumbers(() => withGradients(none, image(2, 5, 5, 2)));
  });

  it('go through depthwise convolutions, and give gradients of zero', async () => {
    for (const [x, filter, pad] of windows) {
      const convolution = (a: tf.Tensor, w: tf.Tensor) =>
        tf.depthwiseConv2d(a as tf.Tensor4D, w as tf.Tensor4D, 1, pad);
      await assertSameNumbers(() => withGradients(convolution, image(...x), image(...filter)));
    }
  });

  it('go through fused convolutions', async () => {
    for (const [x, filter, pad] of windows) {
      const [, , inputs, outputs] = filter;
      await assertSameNumbers(() => {
        const given = { x: image(...x), filter: image(...filter), strides: 1, pad } as const;
        return [
          tf.fused.conv2d({ ...given, bias: ones(outputs), activation: 'relu' }),
          tf.fused.depthwiseConv2d({ ...given, bias: ones(inputs * outputs), activation: 'relu6' }),
        ];
      });
    }
  });

  it('go through pooling', async () => {
    const poolings: readonly (readonly [Shape4, number])[] = [
      [[0, 4, 4, 2], 2],
      [[2, 4, 4, 0], 2],
      [[2, 2, 2, 2], 3],
    ];
    for (const [x, size] of poolings) {
      for (const pool of [tf.maxPool, tf.avgPool]) {
        await assertSameNumbers(() =>
          withGradients((a) => pool(a as tf.Tensor4D, size, 1, 'valid'), image(...x)),
        );
      }
    }
  });

  it('go through matrix products: sums of nothing are zero', async () => {
    const products: readonly (readonly [[number, number], [number, number]])[] = [
      [
        [3, 0],
        [0, 2],
      ],
      [
        [5, 0],
        [0, 12],
      ],
      [
        [0, 4],
        [4, 2],
      ],
      [
        [3, 4],
        [4, 0],
      ],
    ];
    for (const [a, b] of products) {
      await assertSameNumbers(() => withGradients((x, y) => tf.matMul(x, y), tf.ones(a), tf.ones(b)));
    }
    await assertSameNumbers(() => [tf.matMul(tf.ones([0, 4, 3]), tf.ones([0, 3, 2]))]);
  });

  it('go through arithmetic, ReLU and batch normalisation', async () => {
    for (const operation of [tf.add, tf.sub, tf.mul, tf.div]) {
      for (const other of [[3], [1], [0, 3]]) {
        const forward = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => operation(a, b);
        await assertSameNumbers(() => withGradients(forward, tf.zeros([0, 3]), tf.ones(other)));
      }
    }
    await assertSameNumbers(() => withGradients((x) => tf.relu(x), tf.zeros([0, 3])));
    for (const [shape, channels] of [
      [[0, 4, 4, 3], 3],
      [[2, 4, 4, 0], 0],
    ] as const) {
      const normalise = (...given: tf.Tensor[]) => {
        const [x, mean, variance, offset, scale] = given as [tf.Tensor4D, ...tf.Tensor1D[]];
        assert.ok(mean && variance);
        return tf.batchNorm(x, mean, variance, offset, scale);
      };
      const [batch, height, width, depth] = shape;
      const inputs = () => [
        image(batch, height, width, depth),
        ones(channels),
        ones(channels),
        ones(channels),
        ones(channels),
      ];
      await assertSameNumbers(() => withGradients(normalise, ...inputs()));
    }
  });

  it('have a mean loss that is no number', async () => {
    await assertSameNumbers(() => [
      tf.losses.meanSquaredError(tf.zeros([0, 3]), tf.zeros([0, 3])),
      tf.losses.softmaxCrossEntropy(tf.zeros([0, 3]), tf.zeros([0, 3])),
    ]);
  });
});
