/**
 * Gradients that TensorFlow.js composes slowly or refuses, for the wasm backend only: on any other backend the stock
 * gradient runs as before. The registry of gradients is shared by all backends.
 */
import * as tf from '@tensorflow/tfjs';
import type { Pair } from './shapes.js';
import { secondBatchNormGradient } from './batch-norm-second-gradient.js';
import { BATCH_NORM_GRADIENT, isPerChannel } from './kernels/batch-norm.js';
import { reductionOf, SPREAD } from './kernels/reduce.js';
import { RELU_GRADIENT } from './kernels/relu-gradient.js';

/** Registers the gradients; each keeps the stock one for other backends. */
export function registerGradients(): void {
  registerSecondGradients();
  replaceGradient(tf.Relu, (stock) => (dy, saved, attrs) => {
    const [x] = saved;
    if (tf.getBackend() !== 'wasm' || x?.dtype !== 'float32' || Array.isArray(dy) || dy.dtype !== 'float32') {
      return stock(dy, saved, attrs);
    }
    return { x: () => tf.engine().runKernel<tf.Tensor>(RELU_GRADIENT, { dy, x }) };
  });
  replaceGradient(tf.Sum, spreadGradient(false));
  replaceGradient(tf.Mean, spreadGradient(true));
  replaceGradient(tf.FusedBatchNorm, (stock) => (dy, saved, attrs) => {
    const [x, mean, variance, scale] = saved;
    if (tf.getBackend() !== 'wasm' || x === undefined || mean === undefined || variance === undefined) {
      return stock(dy, saved, attrs);
    }
    if (Array.isArray(dy) || !isPerChannel(x, mean)) return stock(dy, saved, attrs);
    const inputs = { dy, x, mean, variance, scale: scale ?? tf.onesLike(mean) };
    const gradients = tf.engine().runKernel<tf.Tensor[]>(BATCH_NORM_GRADIENT, inputs, attrs);
    return Object.fromEntries(
      ['x', 'mean', 'variance', 'scale', 'offset'].map((name, i) => [name, () => gradients[i] as tf.Tensor]),
    );
  });
  replaceGradient(tf.Conv2D, dilatedGradient(tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter));
  replaceGradient(
    tf.DepthwiseConv2dNative,
    dilatedGradient(tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter),
  );
}

/** So that gradients can be taken of gradients: the first two kernels are linear in dy. */
function registerSecondGradients(): void {
  tf.registerGradient(secondBatchNormGradient);
  tf.registerGradient({
    kernelName: RELU_GRADIENT,
    inputsToSave: ['x'],
    gradFunc(ddx, saved) {
      const [x] = saved;
      if (x === undefined || Array.isArray(ddx))
        throw new TypeError('the gradient of ReLU has saved nothing');
      return {
        dy: () => tf.engine().runKernel<tf.Tensor>(RELU_GRADIENT, { dy: ddx, x }),
        x: () => tf.zerosLike(x),
      };
    },
  });
  tf.registerGradient({
    kernelName: SPREAD,
    inputsToSave: ['dy'],
    gradFunc(ddx, saved, attrs) {
      const [dy] = saved;
      if (dy === undefined || Array.isArray(ddx))
        throw new TypeError('the gradient of a sum has saved nothing');
      const at = (name: string): number => Number(attrs[name]);
      return {
        dy: () =>
          ddx
            .reshape([at('outer'), at('reduced'), at('inner')])
            .sum(1)
            .div(at('divisor'))
            .reshape(dy.shape),
      };
    },
  });
}

function replaceGradient(kernelName: string, gradient: (stock: tf.GradFunc) => tf.GradFunc): void {
  const stock = tf.getGradient(kernelName);
  tf.registerGradient({ ...stock, gradFunc: gradient(stock.gradFunc) });
}

/** The stock gradients multiply by a tensor of ones that is made anew each time. */
function spreadGradient(mean: boolean) {
  return (stock: tf.GradFunc): tf.GradFunc =>
    (dy, saved, attrs) => {
      const [x] = saved;
      if (tf.getBackend() !== 'wasm' || x === undefined || x.dtype !== 'float32' || Array.isArray(dy)) {
        return stock(dy, saved, attrs);
      }
      const reduction = reductionOf(x.shape, attrs['axis'] as number | number[]);
      if (reduction === undefined || dy.dtype !== 'float32') return stock(dy, saved, attrs);
      const divisor = mean ? reduction.reduced : 1;
      return {
        x: () => tf.engine().runKernel<tf.Tensor>(SPREAD, { dy }, { ...reduction, shape: x.shape, divisor }),
      };
    };
}

/** TensorFlow.js refuses the gradient of a dilated convolution; our kernels can do it. */
function dilatedGradient(inputKernel: string, filterKernel: string) {
  return (stock: tf.GradFunc): tf.GradFunc =>
    (dy, saved, attrs) => {
      const [x, filter] = saved;
      const dilations = attrs['dilations'] as Pair | undefined;
      const dilated =
        dilations !== undefined && dilations !== null && !tf.backend_util.tupleValuesAreOne(dilations);
      if (
        !dilated ||
        tf.getBackend() !== 'wasm' ||
        x === undefined ||
        filter === undefined ||
        Array.isArray(dy)
      ) {
        return stock(dy, saved, attrs);
      }
      return {
        x: () =>
          tf.engine().runKernel<tf.Tensor>(inputKernel, { dy, filter }, { ...attrs, inputShape: x.shape }),
        filter: () =>
          tf.engine().runKernel<tf.Tensor>(filterKernel, { x, dy }, { ...attrs, filterShape: filter.shape }),
      };
    };
}
