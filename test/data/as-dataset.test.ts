import assert from 'node:assert/strict';
import { asDataset, loadDataset } from '../../src/data/index.js';
import { assertRefused } from './support/assert-data-error.js';

/** Two training examples and one test example of 1×2 pixels with two channels. */
const bytes = {
  inputShape: [1, 2, 2],
  classes: 3,
  train: { inputs: Uint8Array.of(0, 10, 2, 30, 4, 50, 6, 70), labels: [2, 0] },
  test: { inputs: Uint8Array.of(1, 2, 3, 4), labels: Uint8Array.of(1) },
};

describe('a data set given as a value', () => {
  it('is copied into shared memory', () => {
    const dataset = asDataset(bytes);
    assert.deepEqual([...dataset.train.inputs], [...bytes.train.inputs]);
    assert.deepEqual([...dataset.train.labels], [2, 0]);
    assert.equal(dataset.train.size, 2);
    for (const { inputs, labels } of [dataset.train, dataset.test]) {
      assert.ok(inputs.buffer instanceof SharedArrayBuffer);
      assert.ok(labels.buffer instanceof SharedArrayBuffer);
    }
  });

  it('gets a name, class names and the normalisation of its training inputs', () => {
    const dataset = asDataset(bytes, 'mine');
    assert.equal(dataset.name, 'mine');
    assert.deepEqual(dataset.classNames, ['0', '1', '2']);
    const { inputScale, mean, deviation } = dataset.normalisation;
    assert.equal(inputScale, 255);
    assert.deepEqual(
      mean.map((x) => x * 255),
      [3, 40],
    );
    assert.deepEqual(
      deviation.map((x) => Math.round(x * 255 * 1e9) / 1e9),
      [Math.sqrt(5), Math.sqrt(500)].map((x) => Math.round(x * 1e9) / 1e9),
    );
  });

  it('keeps what it states itself', () => {
    const stated = {
      ...bytes,
      name: 'stated',
      classNames: ['a', 'b', 'c'],
      normalisation: { inputScale: 1, mean: [1, 2], deviation: [3, 4] },
    };
    const { name, classNames, normalisation } = asDataset(stated, 'other');
    assert.deepEqual(
      { name, classNames, normalisation },
      {
        name: 'stated',
        classNames: ['a', 'b', 'c'],
        normalisation: stated.normalisation,
      },
    );
  });

  it('may have floats, a constant channel, and more than 256 classes', () => {
    const dataset = asDataset({
      inputShape: [2],
      classes: 300,
      train: { inputs: new Float64Array([1, 0.5, 1, 1.5]), labels: Int32Array.of(299, 0) },
      test: { inputs: [1, 2], labels: [256] },
    });
    assert.ok(dataset.train.inputs instanceof Float32Array);
    assert.ok(dataset.train.labels instanceof Uint16Array);
    assert.deepEqual([...dataset.train.labels, ...dataset.test.labels], [299, 0, 256]);
    assert.deepEqual(dataset.normalisation, { inputScale: 1, mean: [1, 1], deviation: [1, 0.5] });
  });

  it('is not copied where it is shared already', () => {
    const inputs = new Uint8Array(new SharedArrayBuffer(8));
    assert.equal(asDataset({ ...bytes, train: { inputs, labels: [0, 1] } }).train.inputs, inputs);
  });

  it('passes through loadDataset', async () => {
    assert.deepEqual(await loadDataset(bytes), asDataset(bytes));
    const again = await loadDataset(asDataset(bytes));
    assert.deepEqual(again, asDataset(bytes));
  });

  const refusals: readonly [string, unknown, RegExp][] = [
    ['nothing', undefined, /^custom: is undefined, not an object/],
    ['a shape of zero', { ...bytes, inputShape: [0, 2, 2] }, /^custom inputShape: is \[0, 2, 2\]/],
    ['no shape', { ...bytes, inputShape: undefined }, /^custom inputShape: /],
    ['one class', { ...bytes, classes: 1 }, /^custom classes: is 1, not an integer from 2/],
    ['no training half', { ...bytes, train: undefined }, /^custom train: is undefined/],
    ['inputs of text', { ...bytes, train: { inputs: 'abc', labels: [1] } }, /^custom train\.inputs: is abc/],
    [
      'big integers',
      { ...bytes, train: { inputs: new BigInt64Array(4), labels: [1] } },
      /^custom train\.inputs: is BigInt64Array, not an array of numbers/,
    ],
    [
      'too few inputs',
      { ...bytes, test: { inputs: Uint8Array.of(1, 2, 3), labels: [0] } },
      /^custom test\.inputs: has 3 values, not 1 examples × 4/,
    ],
    [
      'no examples',
      { ...bytes, test: { inputs: new Uint8Array(), labels: [] } },
      /^custom test\.labels: is empty/,
    ],
    [
      'a label that is no class',
      { ...bytes, train: { ...bytes.train, labels: [2, 3] } },
      /^custom train\.labels\[1\]: is 3, not an integer from 0 to 2/,
    ],
    [
      'a label with a fraction',
      { ...bytes, train: { ...bytes.train, labels: [0.5, 1] } },
      /^custom train\.labels\[0\]: is 0\.5/,
    ],
    [
      'an infinite input',
      { ...bytes, test: { inputs: [0, 1, Number.POSITIVE_INFINITY, 1], labels: [0] } },
      /^custom test\.inputs\[2\]: is Infinity, not a finite 32-bit number/,
    ],
    [
      'an input that is not a number',
      { ...bytes, train: { inputs: Float32Array.of(0, Number.NaN, 1, 1), labels: [0] } },
      /^custom train\.inputs\[1\]: is NaN, not a finite 32-bit number/,
    ],
    [
      'an input that only 64 bits hold',
      { ...bytes, test: { inputs: [0, 1, 1e300, 1], labels: [0] } },
      /^custom test\.inputs\[2\]: is 1e\+300/,
    ],
    [
      'an input of text',
      { ...bytes, test: { inputs: [0, '1', 1, 1], labels: [0] } },
      /^custom test\.inputs\[1\]: is 1, not/,
    ],
    [
      'bytes here and floats there',
      { ...bytes, test: { inputs: [0, 1, 1, 1], labels: [0] } },
      /^custom test\.inputs: is Float32Array, but train\.inputs is Uint8Array/,
    ],
    ['too few class names', { ...bytes, classNames: ['a'] }, /^custom classNames: is not a list of 3/],
    [
      'a mean too few',
      { ...bytes, normalisation: { inputScale: 1, mean: [0], deviation: [1, 1] } },
      /^custom normalisation\.mean: is not a list of 2/,
    ],
    [
      'a deviation of zero',
      { ...bytes, normalisation: { inputScale: 1, mean: [0, 0], deviation: [1, 0] } },
      /^custom normalisation\.deviation: is not a list of 2 positive/,
    ],
    [
      'a scale of zero',
      { ...bytes, normalisation: { inputScale: 0, mean: [0, 0], deviation: [1, 1] } },
      /^custom normalisation\.inputScale: is 0, not a positive/,
    ],
  ];
  for (const [what, value, message] of refusals) {
    it(`is refused with ${what}, naming the field`, () =>
      assertRefused(async () => asDataset(value), 'DATA', message));
  }
});
