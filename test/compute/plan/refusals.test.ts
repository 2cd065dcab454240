import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { parametersOf } from '../../../src/compute/parameters.js';
import { type PlanRequest, planModel } from '../../../src/compute/plan/plan-model.js';
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

function requestOf(model: tf.LayersModel): Omit<PlanRequest, 'weights'> {
  const topology: unknown = model.toJSON(null, false);
  return { ...settings, topology, inputShape, classes, localOptimizer: 'sgd' };
}

function refusalOfRequest(request: PlanRequest): string {
  const plan = planModel(request);
  return 'refusal' in plan ? plan.refusal : 'it was planned';
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
    'where channels come first of a depthwise convolution': [
      () => behind(tf.layers.depthwiseConv2d({ kernelSize: 3, dataFormat: 'channelsFirst', name: 'c' })),
      /^layer c \(DepthwiseConv2D\): data_format is "channels_first"$/,
    ],
    'where channels come first of a separable convolution': [
      () =>
        behind(
          tf.layers.separableConv2d({ filters: 2, kernelSize: 3, dataFormat: 'channelsFirst', name: 'c' }),
        ),
      /^layer c \(SeparableConv2D\): data_format is "channels_first"$/,
    ],
    'where the filters of a separable convolution are penalised': [
      () =>
        behind(
          tf.layers.separableConv2d({ filters: 2, kernelSize: 3, pointwiseRegularizer: 'l1l2', name: 'c' }),
        ),
      /^layer c \(SeparableConv2D\): it has a pointwise_regularizer$/,
    ],
    'where masks are shared by a noise shape': [
      () => behind(tf.layers.dropout({ rate: 0.5, noiseShape: [8, 1, 1, 3], name: 'drop' })),
      /^layer drop \(Dropout\): noise_shape is \[8,1,1,3\]$/,
    ],
    'where a rate is no number': [
      () => behind(tf.layers.dropout({ rate: Number.NaN, name: 'drop' })),
      /^layer drop \(Dropout\): rate is (NaN|null)$/,
    ],
    'where a softmax is not the last layer': [
      () => behind(tf.layers.softmax({ axis: -1, name: 'soft' })),
      /^layer soft \(Softmax\): a softmax must be the last layer$/,
    ],
    'where a softmax activation is not the last': [
      () => behind(tf.layers.activation({ activation: 'softmax', name: 'soft' })),
      /^layer soft \(Activation\): activation is "softmax": only that of the last layer can be$/,
    ],
    'where a softmax of a dense layer is not the last': [
      () =>
        tf.sequential({
          layers: [
            tf.layers.flatten({ inputShape }),
            tf.layers.dense({ units: 2, activation: 'softmax', name: 'soft' }),
            tf.layers.dense({ units: classes }),
          ],
        }),
      /^layer soft \(Dense\): activation is "softmax": only that of the last layer can be$/,
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
    const request = requestOf(model);
    const reshaped = weights.map((weight) => ({ ...weight, shape: weight.shape.map((side) => side + 1) }));
    assert.deepEqual(planModel({ ...request, weights: reshaped }), {
      refusal: 'layer c (Conv2D): its weight kernel has shape [4, 4, 4, 3]: it must be [3, 3, 3, 2]',
    });
    assert.deepEqual(planModel({ ...request, weights: weights.slice(1) }), {
      refusal: 'layer c (Conv2D): there is no weight c/kernel',
    });
    model.dispose();
  });

  it('where a window is larger than its input', () => {
    const layers = {
      Conv2D: tf.layers.conv2d({ filters: 2, kernelSize: 9, name: 'c' }),
      DepthwiseConv2D: tf.layers.depthwiseConv2d({ kernelSize: [1, 10], name: 'c' }),
      SeparableConv2D: tf.layers.separableConv2d({ filters: 2, kernelSize: 5, dilationRate: 2, name: 'c' }),
      MaxPooling2D: tf.layers.maxPooling2d({ poolSize: 9, name: 'c' }),
    };
    for (const [className, layer] of Object.entries(layers)) {
      const input = tf.input({ shape: inputShape });
      // Sequential models would be refused by TensorFlow.js already.
      const model = tf.model({ inputs: input, outputs: layer.apply(input) as tf.SymbolicTensor });
      const weights = model.weights.map(({ originalName, shape }) => ({
        name: originalName,
        shape: shape.map((side) => side ?? 0),
        trainable: true,
      }));
      assert.equal(
        refusalOfRequest({ ...requestOf(model), weights }),
        `layer c (${className}): nothing is left of its input of 8×8 pixels`,
      );
      model.dispose();
    }
  });

  it('where a side of the input or the batch size is 0', () => {
    const model = behind(tf.layers.conv2d({ filters: 2, kernelSize: 1 }));
    const request = { ...requestOf(model), weights: parametersOf(model).weights };
    assert.match(
      refusalOfRequest({ ...request, inputShape: [0, 8, 3] }),
      /^layer \S+ \(InputLayer\): its output has shape \[0, 8, 3\]: every side must be at least 1$/,
    );
    for (const batchSize of [0, -8, 1.5]) {
      assert.equal(
        refusalOfRequest({ ...request, batchSize }),
        `the batch size is ${batchSize}: it must be a whole number from 1`,
      );
    }
    model.dispose();
  });

  it('where the weights of a separable convolution do not fit its settings', () => {
    const model = behind(
      tf.layers.separableConv2d({ filters: 2, kernelSize: 3, depthMultiplier: 2, name: 'c' }),
    );
    const request = requestOf(model);
    const weights = parametersOf(model).weights;
    const reshaped = (name: string, shape: number[]) =>
      weights.map((weight) => (weight.name === `c/${name}` ? { ...weight, shape } : weight));
    const refusals = [
      reshaped('depthwise_kernel', [3, 3, 4, 2]),
      reshaped('depthwise_kernel', [3, 3, 3]),
      reshaped('depthwise_kernel', [3, 3, 3, 0]),
      reshaped('pointwise_kernel', [1, 1, 3, 2]),
      reshaped('bias', [6]),
      weights.slice(1),
    ].map((each) => refusalOfRequest({ ...request, weights: each }));
    assert.deepEqual(refusals, [
      'layer c (SeparableConv2D): its weight depthwise_kernel has shape [3, 3, 4, 2]: it must be [3, 3, 3, 2]',
      'layer c (SeparableConv2D): its weight depthwise_kernel has shape [3, 3, 3]: it must be [3, 3, 3, 1]',
      'layer c (SeparableConv2D): its weight depthwise_kernel has shape [3, 3, 3, 0]: it must be [3, 3, 3, 1]',
      'layer c (SeparableConv2D): its weight pointwise_kernel has shape [1, 1, 3, 2]: it must be [1, 1, 6, 2]',
      'layer c (SeparableConv2D): its weight bias has shape [6]: it must be [2]',
      'layer c (SeparableConv2D): there is no weight c/depthwise_kernel',
    ]);
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
