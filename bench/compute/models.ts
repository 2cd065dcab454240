/** The models of the bench; bench/peers/models.py has the same in PyTorch. */
import * as tf from '@tensorflow/tfjs';
import type { CreateModel } from '../../src/compute/models/definition.js';
import { createModel as lenet } from '../../src/compute/models/lenet.js';
import { createModel as mlp } from '../../src/compute/models/mlp.js';
import { createModel as resnet8 } from '../../src/compute/models/resnet8.js';

export const classes = 10;

/** Three 3×3 convolutions, 32, 64 and 64 channels: where channels are many, as in larger networks. Not a shipped model. */
const wideCnn: CreateModel = ({ inputShape }) => {
  const wide = { kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ ...wide, inputShape: [...inputShape], filters: 32 }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ ...wide, filters: 64 }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ ...wide, filters: 64 }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: classes }),
    ],
  });
};

export interface BenchModel {
  readonly createModel: CreateModel;
  readonly inputShape: readonly number[];
  /** What a step is to reach, PyTorch's time ÷ ours. */
  readonly targets: { readonly plan: number; readonly dropIn?: number };
}

const colour = [32, 32, 3];

export const benchModels = {
  lenet: { createModel: lenet, inputShape: colour, targets: { plan: 1.8, dropIn: 0.85 } },
  resnet8: { createModel: resnet8, inputShape: colour, targets: { plan: 0.5 } },
  'wide-cnn': { createModel: wideCnn, inputShape: colour, targets: { plan: 0.5 } },
  mlp: { createModel: mlp, inputShape: [28, 28, 1], targets: { plan: 1 } },
} as const satisfies Record<string, BenchModel>;

export type BenchModelName = keyof typeof benchModels;

export const benchModelNames: readonly BenchModelName[] = ['lenet', 'resnet8', 'wide-cnn', 'mlp'];
