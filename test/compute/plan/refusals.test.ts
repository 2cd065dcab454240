import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { parametersOf } from '../../../src/compute/parameters.js';
import { planModel } from '../../../src/compute/plan/plan-model.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { planOf } from './engines.js';

type Layers = tf.layers.Layer[];

const settings = { batchSize: 8, learningRate: 0.1 };
const classes = 4;
const inputShape = [8, 8, 3];

function refusalOf(model: tf.LayersModel): string | null {
  const plan = planOf(model, settings);
  return 'refusal' in plan ? plan.refusal : null;
}

function behind(...layers: Layers): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape }),
      ...layers,
      tf.layers.flatten(),
      tf.layers.dense({ units: classes }),
    ],
  });
}

describe('a plan is refused, with the first layer that it cannot do,', () => {
  before(useWasmBackend);

  const cases: Readonly<Record<string, [() => tf.LayersModel, RegExp]>> = {
    'where a kind of layer is unknown': [
      () => behind(tf.layers.gaussianNoise({ stddev: 1, name: 'noise' }), tf.layers.softmax()),
      /^layer noise \(GaussianNoise\): a plan cannot do layers of this kind$/,
    ],
    'where an activation is': [
      () => behind(tf.layers.conv2d({ filters: 2, kernelSize: 3, activation: 'selu', name: 'c' })),
      /^layer c \(Conv2D\): activation is "selu"$/,
    ],
    'where channels come first': [
      () => behind(tf.layers.maxPooling2d({ dataFormat: 'channelsFirst', name: 'p' })),
      /^layer p \(MaxPooling2D\): data_format is "channels_first"$/,
    ],
    'where weights are penalised': [
      () => behind(tf.layers.conv2d({ filters: 2, kernelSize: 3, kernelRegularizer: 'l1l2', name: 'c' })),
      /^layer c \(Conv2D\): it has a kernel_regularizer$/,
    ],
    'where weights are constrained': [
      () => behind(tf.layers.conv2d({ filters: 2, kernelSize: 3, biasConstraint: 'nonNeg', name: 'c' })),
      /^layer c \(Conv2D\): it has a bias_constraint$/,
    ],
    'where a dense layer is given an image': [
      () => behind(tf.layers.dense({ units: 2, name: 'd' })),
      /^layer d \(Dense\): its input has shape \[8, 8, 3\]: it must be flat$/,
    ],
    'where a layer is used twice': [
      () => {
        const input = tf.input({ shape: inputShape });
        const shared = tf.layers.conv2d({ filters: 3, kernelSize: 1, name: 'shared' });
        const twice = shared.apply(shared.apply(input));
        const flat = tf.layers.flatten().apply(twice);
        const output = tf.layers.dense({ units: classes }).apply(flat) as tf.SymbolicTensor;
        return tf.model({ inputs: input, outputs: output });
      },
      /^layer shared is used 2 times/,
    ],
    'where a model is a layer': [
      () => {
        const inner = tf.sequential({ name: 'inner', layers: [tf.layers.flatten({ inputShape })] });
        return tf.sequential({ layers: [inner, tf.layers.dense({ units: classes })] });
      },
      /inner.*\(Sequential\): a plan cannot do layers of this kind$/,
    ],
  };
  for (const [name, [create, expected]] of Object.entries(cases)) {
    it(`${name}`, () => {
      const model = create();
      assert.match(refusalOf(model) ?? 'it was planned', expected);
      model.dispose();
    });
  }

  it('where it would need more than 2 GB, with the number, before anything is allocated', () => {
    const model = behind(tf.layers.conv2d({ filters: 512, kernelSize: 3 }));
    const plan = planOf(model, { ...settings, batchSize: 65_536 });
    assert.ok('refusal' in plan);
    assert.match(plan.refusal, /^it would need 9\.\d GB of memory: at most 2\.0 GB can be had$/);
    model.dispose();
  });

  it('where the weights are not those of the model', () => {
    const model = behind(tf.layers.conv2d({ filters: 2, kernelSize: 3, name: 'c' }));
    const weights = parametersOf(model).weights;
    const request = {
      ...settings,
      topology: model.toJSON(null, false),
      inputShape,
      classes,
      localOptimizer: 'sgd',
    } as const;
    const reshaped = weights.map((weight) => ({ ...weight, shape: weight.shape.map((side) => side + 1) }));
    assert.deepEqual(planModel({ ...request, weights: reshaped }), {
      refusal: 'layer c (Conv2D): its weight kernel has shape [4, 4, 4, 3]: it must be [3, 3, 3, 2]',
    });
    assert.deepEqual(planModel({ ...request, weights: weights.slice(1) }), {
      refusal: 'layer c (Conv2D): there is no weight c/kernel',
    });
    model.dispose();
  });

  it('where the JSON is no model', () => {
    for (const topology of [null, 1, {}, { class_name: 'Sequential' }]) {
      const plan = planModel({
        ...settings,
        topology,
        weights: [],
        inputShape,
        classes,
        localOptimizer: 'sgd',
      });
      assert.ok('refusal' in plan);
    }
  });
});
