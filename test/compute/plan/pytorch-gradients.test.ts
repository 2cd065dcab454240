/** LeNet's first step against PyTorch's, which bench/peers/lenet_gradients.py has written down, already in our layouts. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fromLittleEndian } from '../../../src/compute/little-endian.js';
import { createModel } from '../../../src/compute/models/lenet.js';
import { parametersOf } from '../../../src/compute/parameters.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { product, relative, type Trained, type Training, trainByPlan, trainByTfjs } from './engines.js';

interface Head {
  readonly labels: readonly number[];
  readonly loss: number;
  readonly tensors: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

interface Truth extends Head {
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** From the compiled test to the fixture, which is not compiled. */
const file = new URL('../../../../test/compute/fixtures/pytorch-lenet.bin', import.meta.url);

async function readTruth(): Promise<Truth> {
  const bytes = await readFile(file);
  const end = bytes.indexOf('\n');
  const head = JSON.parse(bytes.toString('utf8', 0, end)) as Head;
  const values = new Map<string, Float32Array>();
  let at = end + 1;
  for (const { name, shape } of head.tensors) {
    const next = at + product(shape) * Float32Array.BYTES_PER_ELEMENT;
    values.set(name, fromLittleEndian(bytes.subarray(at, next)));
    at = next;
  }
  assert.equal(at, bytes.length);
  return { ...head, values };
}

/** A power of two, so that dividing by it rounds nothing; large, so that the weights' rounding does not matter. */
const learningRate = 1024;

/** Gradients, named as in the fixture, out of the weights after a step of plain SGD. */
function gradientsOf({ weights }: Trained, { initial }: Training): ReadonlyMap<string, Float32Array> {
  const model = createModel({ inputShape: [32, 32, 3], classes: 10 });
  const gradients = new Map<string, Float32Array>();
  let from = 0;
  for (const { name, shape } of parametersOf(model).weights) {
    const to = from + product(shape);
    const before = initial.subarray(from, to);
    const after = weights.subarray(from, to);
    gradients.set(
      `gradient of ${name}`,
      before.map((weight, i) => (weight - (after[i] ?? Number.NaN)) / learningRate),
    );
    from = to;
  }
  model.dispose();
  return gradients;
}

describe("LeNet's first step is that of PyTorch", () => {
  let truth: Truth;
  let training: Training;
  before(async () => {
    await useWasmBackend();
    truth = await readTruth();
    const weights = [...truth.values].filter(([name]) => /^[\w/]+\/(kernel|bias)$/.test(name));
    training = {
      createModel: () => createModel({ inputShape: [32, 32, 3], classes: 10 }),
      initial: Float32Array.from(weights.flatMap(([, values]) => [...values])),
      batchSize: truth.labels.length,
      learningRate,
      batches: [
        { inputs: truth.values.get('images') ?? new Float32Array(), labels: Int32Array.from(truth.labels) },
      ],
    };
  });

  const engines = {
    'the plan': async () => trainByPlan(training),
    'the wasm backend with our kernels': () => trainByTfjs('wasm', training),
    'the cpu backend': () => trainByTfjs('cpu', training),
  };
  for (const [name, train] of Object.entries(engines)) {
    it(`by ${name}: loss and gradients within 1e-5 of each tensor's largest`, async () => {
      const trained = await train();
      assert.ok(relative(trained.losses, [truth.loss]) <= 1e-5, `the loss is ${String(trained.losses)}`);
      const gradients = gradientsOf(trained, training);
      assert.equal(gradients.size, 10);
      for (const [tensor, actual] of gradients) {
        const expected = truth.values.get(tensor);
        assert.ok(expected, `the fixture has no ${tensor}`);
        const apart = relative(actual, expected);
        assert.ok(apart <= 1e-5, `${tensor} is ${apart} apart`);
      }
    });
  }
});
