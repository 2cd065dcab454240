/** The layers that a plan can do, by their Keras class name. */
import { planConv2d } from './conv2d.js';
import { planDense } from './dense.js';
import type { LayerPlanner } from './layer-planner.js';
import { planMaxPooling2d } from './pooling.js';
import { planFlatten } from './shapes.js';

export const layerPlanners: Readonly<Record<string, LayerPlanner>> = {
  Conv2D: planConv2d,
  Dense: planDense,
  Flatten: planFlatten,
  MaxPooling2D: planMaxPooling2d,
};
