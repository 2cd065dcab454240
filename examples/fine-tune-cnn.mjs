// A small convolutional network learns on the wasm backend; then its features are frozen and a new last layer learns another task.
// In a project that has both packages: node node_modules/stalewart/examples/fine-tune-cnn.mjs
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { registerTrainingKernels } from 'stalewart/wasm-training';

registerTrainingKernels();
await tf.setBackend('wasm');

// Noisy 12×12 images with one bright column, a sixth of the width; which one is the class.
const columns = tf.range(0, 240, 1, 'int32').mod(tf.scalar(6, 'int32'));
const clean = tf.oneHot(columns, 6).reshape([240, 1, 6, 1]).resizeNearestNeighbor([12, 12]);
const images = clean.add(tf.randomNormal(clean.shape, 0, 0.5));

const features = tf.sequential({
  layers: [
    tf.layers.conv2d({ inputShape: [12, 12, 1], filters: 8, kernelSize: 3, activation: 'relu' }),
    tf.layers.maxPooling2d({ poolSize: 2 }),
    tf.layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu' }),
    tf.layers.flatten(),
  ],
});

async function learn(task, classes, labels) {
  const head = tf.layers.dense({ units: classes, activation: 'softmax' });
  const model = tf.sequential({ layers: [features, head] });
  model.compile({ optimizer: tf.train.adam(0.005), loss: 'sparseCategoricalCrossentropy' });
  const { history } = await model.fit(images, labels.toFloat(), { epochs: 5, batchSize: 32, verbose: 0 });
  console.log(task, history.loss.map((loss) => loss.toFixed(3)).join(' '));
}

await learn('which column:', 6, columns);
features.trainable = false;
await learn('left or right:', 2, columns.greaterEqual(3));
