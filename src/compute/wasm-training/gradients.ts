/**
 * Gradients that TensorFlow.js composes slowly or refuses, for the wasm backend only: on any other backend the stock
 * gradient runs as before. The registry of gradients is shared by all backends.
 */
import * as tf from '@tensorflow/tfjs';
import type { Pair } from './kernel.js';
import { RELU_GRADIENT } from './kernels/relu-gradient.js';

/** Registers the gradients; each keeps the stock one for other backends. */
export function registerGradients(): void {
  replaceGradient(tf.Relu, (stock) => (dy, saved, attrs) => {
    const [x] = saved;
    if (tf.getBackend() !== 'wasm' || x === undefined || Array.isArray(dy) || dy.dtype !== 'float32') {
      return stock(dy, saved, attrs);
    }
    return { x: () => tf.engine().runKernel<tf.Tensor>(RELU_GRADIENT, { dy, x }) };
  });
  replaceGradient(tf.Conv2D, dilatedGradient(tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter));
  replaceGradient(
    tf.DepthwiseConv2dNative,
    dilatedGradient(tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter),
  );
}

function replaceGradient(kernelName: string, gradient: (stock: tf.GradFunc) => tf.GradFunc): void {
  const stock = tf.getGradient(kernelName);
  tf.registerGradient({ ...stock, gradFunc: gradient(stock.gradFunc) });
}

/** TensorFlow.js refuses the gradient of a dilated convolution; our kernels can do it. */
function dilatedGradient(inputKernel: string, filterKernel: string) {
  return (stock: tf.GradFunc): tf.GradFunc =>
    (dy, saved, attrs) => {
      const [x, filter] = saved;
      const dilations = attrs['dilations'] as Pair | undefined;
      const dilated = dilations !== undefined && dilations !== null && !tf.backend_util.tupleValuesAreOne(dilations);
      if (!dilated || tf.getBackend() !== 'wasm' || x === undefined || filter === undefined || Array.isArray(dy)) {
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
