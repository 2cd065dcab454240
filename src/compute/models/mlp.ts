/** One hidden layer of 256 ReLUs: the quickest to train, for MNIST-like data and for trying things out. */
import * as tf from '@tensorflow/tfjs';
import type { CreateModel } from './definition.js';

export const createModel: CreateModel = ({ inputShape, classes }) =>
  tf.sequential({
    name: 'mlp',
    layers: [
      tf.layers.flatten({ inputShape: [...inputShape], name: 'flatten' }),
      tf.layers.dense({ units: 256, activation: 'relu', name: 'hidden' }),
      tf.layers.dense({ units: classes, name: 'logits' }),
    ],
  });
