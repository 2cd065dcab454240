import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import * as fc from 'fast-check';
import { countCorrect } from '../../src/compute/count-correct.js';
import { crossEntropySum, meanCrossEntropy, type OutputKind } from '../../src/compute/cross-entropy.js';

const classes = 3;
const batches = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc.tuple(
    fc.array(fc.double({ min: -8, max: 8, noNaN: true }), {
      minLength: size * classes,
      maxLength: size * classes,
    }),
    fc.array(fc.nat(classes - 1), { minLength: size, maxLength: size }),
  ),
);

describe('cross-entropy', () => {
  before(async () => {
    tf.enableProdMode();
    await tf.setBackend('cpu');
  });

  for (const kind of ['logits', 'probabilities'] as const satisfies OutputKind[]) {
    it(`from ${kind} has the value and gradient of TensorFlow.js's own`, () => {
      fc.assert(
        fc.property(batches, ([values, labels]) => {
          tf.tidy(() => {
            const logits = tf.tensor2d(values, [labels.length, classes]);
            const own = (z: tf.Tensor) =>
              meanCrossEntropy(
                (kind === 'logits' ? z : tf.softmax(z)) as tf.Tensor2D,
                Int32Array.from(labels),
                kind,
              );
            const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), classes);
            const theirs = (z: tf.Tensor) =>
              tf.losses.softmaxCrossEntropy(truth, z, undefined, undefined, tf.Reduction.MEAN) as tf.Scalar;
            assertClose(own(logits).dataSync(), theirs(logits).dataSync());
            assertClose(tf.grad(own)(logits).dataSync(), tf.grad(theirs)(logits).dataSync());
          });
        }),
        { numRuns: 50 },
      );
    });
  }

  it('is finite for logits that overflow an exponential', () => {
    const gradient = new Float32Array(3);
    const loss = crossEntropySum([1000, -1000, 0], Int32Array.of(1), 'logits', gradient);
    assert.equal(loss, 2000);
    assert.deepEqual([...gradient], [1, -1, 0]);
  });

  it('of a vanished probability is large and finite', () => {
    const gradient = new Float32Array(2);
    const loss = crossEntropySum([1, 0], Int32Array.of(1), 'probabilities', gradient);
    assert.ok(loss > 87 && loss < 88);
    assert.ok(gradient.every(Number.isFinite));
  });

  for (const kind of ['logits', 'probabilities'] as const) {
    it(`of ${kind} that are NaN is NaN`, () => {
      assert.ok(Number.isNaN(crossEntropySum([Number.NaN, 0.5], Int32Array.of(0), kind)));
    });
  }
});

describe('counting correct rows', () => {
  it('takes the largest output, the first of equals, and never a row with a NaN', () => {
    const outputs = [1, 2, 0, 3, 3, 0, 3, 3, 0, Number.NaN, 0, 1];
    const count = (...labels: number[]) => countCorrect(outputs, Int32Array.from(labels));
    assert.equal(count(1, 0, 1, 2), 2);
    assert.equal(count(0, 2, 0, 0), 1);
  });
});

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    assert.ok(
      Math.abs((actual[i] ?? 0) - (expected[i] ?? 0)) < 2e-5,
      `element ${i}: ${actual[i]} instead of ${expected[i]}`,
    );
  }
}
