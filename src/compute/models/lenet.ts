/**
 * The network of the ABS paper's experiments: two convolution and three fully connected layers. In the sizes of LeNet-5
 * (LeCun et al. 1998) with ReLU and max pooling it has 62,006 weights for CIFAR-10.
 */
import * as tf from '@tensorflow/tfjs';
import type { CreateModel } from './definition.js';

export const createModel: CreateModel = ({ inputShape, classes }) =>
  tf.sequential({
    name: 'lenet',
    layers: [
      tf.layers.conv2d({
        inputShape: [...inputShape],
        filters: 6,
        kernelSize: 5,
        activation: 'relu',
        name: 'conv1',
      }),
      tf.layers.maxPooling2d({ poolSize: 2, name: 'pool1' }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu', name: 'conv2' }),
      tf.layers.maxPooling2d({ poolSize: 2, name: 'pool2' }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ units: 120, activation: 'relu', name: 'dense1' }),
      tf.layers.dense({ units: 84, activation: 'relu', name: 'dense2' }),
      tf.layers.dense({ units: classes, name: 'logits' }),
    ],
  });
