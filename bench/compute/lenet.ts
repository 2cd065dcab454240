/** One training step of the ABS paper's CIFAR-10 network on whichever backend is chosen: forward, backward, SGD. */
import * as tf from '@tensorflow/tfjs';

export const BATCH = 32;

export interface Step {
  run(): void;
  dispose(): void;
}

export function lenetStep(): Step {
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 6, kernelSize: 5, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 120, activation: 'relu' }),
      tf.layers.dense({ units: 84, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
  const optimizer = tf.train.sgd(0.1);
  const images = tf.randomNormal([BATCH, 32, 32, 3], 0, 1, 'float32', 1);
  const labels = tf.tidy(() =>
    tf.oneHot(
      Array.from({ length: BATCH }, (_, i) => i % 10),
      10,
    ),
  );
  const loss = () =>
    tf.losses.softmaxCrossEntropy(labels, model.apply(images, { training: true }) as tf.Tensor2D).asScalar();
  return {
    run: () => {
      optimizer.minimize(loss);
    },
    dispose: () => {
      tf.dispose([images, labels]);
      model.dispose();
      optimizer.dispose();
    },
  };
}
