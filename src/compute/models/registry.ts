/**
 * The built-in models by name. A model's file is imported only where it is made, in the compute threads, so that the
 * main thread can list models without loading TensorFlow.js.
 */
import type { CreateModel } from './definition.js';

export interface ModelEntry {
  /** One line for help texts and docs. */
  readonly description: string;
  /** Weights for inputs of [32, 32, 3] and 10 classes. */
  readonly parameterCount: number;
  load(): Promise<{ readonly createModel: CreateModel }>;
}

/** Names of the built-in models. */
export const modelNames = ['lenet', 'mlp', 'resnet8'] as const;
export type ModelName = (typeof modelNames)[number];

export const models: Readonly<Record<ModelName, ModelEntry>> = {
  lenet: {
    description:
      'two convolution and three fully connected layers, ReLU, max pooling: the network of the ABS paper',
    parameterCount: 62_006,
    load: () => import('./lenet.js'),
  },
  mlp: {
    description: 'one hidden layer of 256 ReLUs: the quickest',
    parameterCount: 789_258,
    load: () => import('./mlp.js'),
  },
  resnet8: {
    description:
      'three residual stages of 16, 32, 64 filters, batch normalisation: slow and accurate (MLPerf Tiny)',
    parameterCount: 78_666,
    load: () => import('./resnet8.js'),
  },
};

export function isModelName(name: string): name is ModelName {
  return Object.hasOwn(models, name);
}
