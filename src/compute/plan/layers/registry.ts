/** The layers that a plan can do, by their Keras class name. */
import { planActivation, planRelu } from './activations.js';
import { planAdd } from './add.js';
import { planBatchNorm } from './batch-norm.js';
import { planConv2d } from './conv2d.js';
import { planDense } from './dense.js';
import type { LayerPlanner } from './layer-planner.js';
import {
  planAveragePooling2d,
  planGlobalAveragePooling2d,
  planGlobalMaxPooling2d,
  planMaxPooling2d,
} from './pooling.js';
import { planDropout, planFlatten } from './shapes.js';

export const layerPlanners: Readonly<Record<string, LayerPlanner>> = {
  Activation: planActivation,
  Add: planAdd,
  AveragePooling2D: planAveragePooling2d,
  BatchNormalization: planBatchNorm,
  Conv2D: planConv2d,
  Dense: planDense,
  Dropout: planDropout,
  Flatten: planFlatten,
  GlobalAveragePooling2D: planGlobalAveragePooling2d,
  GlobalMaxPooling2D: planGlobalMaxPooling2d,
  MaxPooling2D: planMaxPooling2d,
  ReLU: planRelu,
};
