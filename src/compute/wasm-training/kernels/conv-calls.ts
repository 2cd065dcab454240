/** What TensorFlow.js calls the kernels of a convolution with, whether depthwise or over all channels. */
import type * as tf from '@tensorflow/tfjs';
import type { ConvAttrs } from '../conv-geometry.js';
import type { KernelCall } from '../kernel.js';
import type { Shape4 } from '../shapes.js';
import type { ActivationAttrs } from './fused-activation.js';

type ForwardInputs = { x: tf.TensorInfo; filter: tf.TensorInfo };
type FusedInputs = ForwardInputs & { bias?: tf.TensorInfo; preluActivationWeights?: tf.TensorInfo };

export type ForwardCall = KernelCall<ForwardInputs, ConvAttrs>;

export type FusedCall = KernelCall<FusedInputs, ConvAttrs & ActivationAttrs>;

export type InputGradientCall = KernelCall<
  { dy: tf.TensorInfo; filter: tf.TensorInfo },
  ConvAttrs & { inputShape: Shape4 }
>;

export type FilterGradientCall = KernelCall<
  { x: tf.TensorInfo; dy: tf.TensorInfo },
  ConvAttrs & { filterShape: Shape4 }
>;
