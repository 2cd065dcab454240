/** The layers that a plan can do, by their Keras class name. */
import { planActivation, planRelu } from './activations.js';
import { planAdd } from './add.js';
import { planBatchNorm } from './batch-norm.js';
import { planConv2d } from './conv2d.js';
import { planDense } from './dense.js';
import { planDepthwiseConv2d, planSeparableConv2d } from './depthwise-conv2d.js';
import { planDropout } from './dropout.js';
import type { LayerPlanner } from './layer-planner.js';
import {
  planAveragePooling2d,
  planGlobalAveragePooling2d,
  planGlobalMaxPooling2d,
  planMaxPooling2d,
} from './pooling.js';
import { planFlatten } from './shapes.js';
import { planSoftmax } from './softmax.js';

export const layerPlanners: Readonly<Record<string, LayerPlanner>> = {
  Activation: planActivation,
  Add: planAdd,
  AveragePooling2D: planAveragePooling2d,
  BatchNormalization: planBatchNorm,
  Conv2D: planConv2d,
  Dense: planDense,
  DepthwiseConv2D: planDepthwiseConv2d,
  Dropout: planDropout,
  Flatten: planFlatten,
  GlobalAveragePooling2D: planGlobalAveragePooling2d,
  GlobalMaxPooling2D: planGlobalMaxPooling2d,
  MaxPooling2D: planMaxPooling2d,
  ReLU: planRelu,
  SeparableConv2D: planSeparableConv2d,
  Softmax: planSoftmax,
};
