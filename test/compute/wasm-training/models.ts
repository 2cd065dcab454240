/** Small models with every layer that training on wasm must do; all weights come from fixed seeds. */
import * as tf from '@tensorflow/tfjs';

export type ModelName = 'lenet' | 'resnet' | 'separable' | 'overlapping';

const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });

/** The network of the ABS paper for CIFAR-10. */
function lenet(): tf.LayersModel {
  const dense = (units: number, seed: number, relu: boolean) =>
    tf.layers.dense({ units, kernelInitializer: seeded(seed), ...(relu ? { activation: 'relu' } : {}) });
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [32, 32, 3],
        filters: 6,
        kernelSize: 5,
        activation: 'relu',
        kernelInitializer: seeded(1),
      }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu', kernelInitializer: seeded(2) }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.flatten(),
      dense(120, 3, true),
      dense(84, 4, true),
      dense(10, 5, false),
    ],
  });
}

/** Two residual blocks with batch normalisation, the second with stride 2 and a 1×1 convolution on its shortcut. */
function resnet(): tf.LayersModel {
  let seed = 1;
  const conv = (filters: number, kernelSize: number, strides: number) =>
    tf.layers.conv2d({
      filters,
      kernelSize,
      strides,
      padding: 'same',
      useBias: false,
      kernelInitializer: seeded(seed++),
    });
  const block = (x: tf.SymbolicTensor, filters: number, strides: number): tf.SymbolicTensor => {
    let y = apply(conv(filters, 3, strides), x);
    y = apply(tf.layers.activation({ activation: 'relu' }), apply(tf.layers.batchNormalization(), y));
    y = apply(tf.layers.batchNormalization(), apply(conv(filters, 3, 1), y));
    const shortcut = strides === 1 ? x : apply(conv(filters, 1, strides), x);
    return apply(tf.layers.activation({ activation: 'relu' }), apply(tf.layers.add(), [y, shortcut]));
  };
  const input = tf.input({ shape: [10, 10, 3] });
  let x = apply(tf.layers.batchNormalization(), apply(conv(8, 3, 1), input));
  x = block(x, 8, 1);
  x = block(x, 12, 2);
  x = apply(tf.layers.globalAveragePooling2d({}), x);
  x = apply(tf.layers.dense({ units: 10, kernelInitializer: seeded(20) }), x);
  return tf.model({ inputs: input, outputs: x });
}

function apply(layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]): tf.SymbolicTensor {
  return layer.apply(x) as tf.SymbolicTensor;
}

/** Depthwise and separable convolutions, average pooling, and dropout, which is off at rate 0. */
function separable(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.depthwiseConv2d({
        inputShape: [12, 11, 3],
        kernelSize: 3,
        depthMultiplier: 2,
        activation: 'relu',
        depthwiseInitializer: seeded(1),
      }),
      tf.layers.separableConv2d({
        filters: 9,
        kernelSize: [3, 2],
        strides: [2, 2],
        padding: 'same',
        activation: 'relu',
        depthwiseInitializer: seeded(2),
        pointwiseInitializer: seeded(3),
      }),
      tf.layers.averagePooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.dropout({ rate: 0 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, kernelInitializer: seeded(4) }),
    ],
  });
}

/** Overlapping max pooling, a dilated convolution, and a kernel that is not square. */
function overlapping(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [13, 12, 1],
        filters: 5,
        kernelSize: [3, 2],
        padding: 'same',
        activation: 'relu',
        kernelInitializer: seeded(1),
      }),
      tf.layers.maxPooling2d({ poolSize: 3, strides: 2 }),
      tf.layers.conv2d({ filters: 7, kernelSize: 1, activation: 'relu', kernelInitializer: seeded(2) }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, kernelInitializer: seeded(4) }),
    ],
  });
}

export const models: Readonly<Record<ModelName, () => tf.LayersModel>> = {
  lenet,
  resnet,
  separable,
  overlapping,
};

/** All weights after `steps` steps on random images, and the loss of each step. */
export function train(
  create: () => tf.LayersModel,
  createOptimizer: () => tf.Optimizer,
  batch: number,
  steps: number,
): { readonly weights: Float32Array[]; readonly losses: number[] } {
  const model = create();
  const optimizer = createOptimizer();
  const [, ...shape] = model.inputs[0]?.shape ?? [];
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    tf.tidy(() => {
      const x = tf.randomNormal([batch, ...shape.map((length) => length ?? 1)], 0, 1, 'float32', 100 + step);
      const labels = tf.range(0, batch, 1, 'int32').mod(tf.scalar(10, 'int32'));
      const loss = optimizer.minimize(
        () => {
          const logits = model.apply(x, { training: true }) as tf.Tensor2D;
          return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), logits).asScalar();
        },
        true,
        trainable(model),
      );
      losses.push(loss?.dataSync()[0] ?? Number.NaN);
    });
  }
  const weights = model.getWeights().map((weight) => Float32Array.from(weight.dataSync()));
  model.dispose();
  optimizer.dispose();
  return { weights, losses };
}

/** The variables behind a model's trainable weights; `read()` of a weight gives its variable. */
function trainable(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}
