/**
 * ResNet-8 as in MLPerf Tiny's image classification (Banbury et al. 2021, arXiv 2106.07597): a convolution and three
 * residual stages of 16, 32 and 64 filters, batch normalisation throughout, global average pooling. No weight decay.
 * The moving statistics of batch normalisation forget with 0.9 a step, because a task has few steps.
 */
import * as tf from '@tensorflow/tfjs';
import type { CreateModel } from './definition.js';

export const createModel: CreateModel = ({ inputShape, classes }) => {
  const input = tf.input({ shape: [...inputShape], name: 'image' });
  let x = relu(normalised(convolution(input, 16, 3, 1, 'stem'), 'stem'), 'stem');
  x = residual(x, 16, 1, 'stage1');
  x = residual(x, 32, 2, 'stage2');
  x = residual(x, 64, 2, 'stage3');
  const pooled = tf.layers.globalAveragePooling2d({ name: 'pool' }).apply(x);
  const logits = tf.layers.dense({ units: classes, name: 'logits' }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: logits, name: 'resnet8' });
};

/** Two normalised convolutions beside a shortcut, which is a 1×1 convolution where the shape changes. */
function residual(x: tf.SymbolicTensor, filters: number, strides: number, name: string): tf.SymbolicTensor {
  let y = relu(normalised(convolution(x, filters, 3, strides, `${name}_a`), `${name}_a`), `${name}_a`);
  y = normalised(convolution(y, filters, 3, 1, `${name}_b`), `${name}_b`);
  const shortcut = strides === 1 ? x : convolution(x, filters, 1, strides, `${name}_shortcut`);
  return relu(tf.layers.add({ name: `${name}_add` }).apply([shortcut, y]) as tf.SymbolicTensor, name);
}

function convolution(
  x: tf.SymbolicTensor,
  filters: number,
  kernelSize: number,
  strides: number,
  name: string,
) {
  const layer = tf.layers.conv2d({
    filters,
    kernelSize,
    strides,
    padding: 'same',
    kernelInitializer: 'heNormal',
    name: `${name}_conv`,
  });
  return layer.apply(x) as tf.SymbolicTensor;
}

function normalised(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return tf.layers.batchNormalization({ momentum: 0.9, name: `${name}_bn` }).apply(x) as tf.SymbolicTensor;
}

function relu(x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return tf.layers.reLU({ name: `${name}_relu` }).apply(x) as tf.SymbolicTensor;
}
