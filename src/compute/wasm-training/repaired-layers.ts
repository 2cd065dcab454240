/**
 * Two layers of TensorFlow.js 4.22 that cannot be trained on any backend, though nothing stands in the way: a dilated
 * `conv2d` without activation, because its gradient is that of a fused operation, which refuses dilation (the operation
 * that it is made of does not, with our kernels); and `batchNormalization` without `scale` or `center`, which reads the weight that
 * it does not have. Everything else of these layers, and the same layers otherwise, is left as it is.
 */
import * as tf from '@tensorflow/tfjs';

interface Weight {
  read(): tf.Tensor;
}

/** What the layers keep to themselves. */
interface Conv2dLayer {
  readonly kernel: Weight;
  readonly bias: Weight | null | undefined;
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dataFormat: 'channelsLast' | 'channelsFirst';
  readonly dilationRate: number | readonly number[];
  readonly activation: { getClassName(): string } | null | undefined;
}
interface BatchNormLayer {
  readonly axis: number;
  gamma: Weight | undefined;
  beta: Weight | undefined;
}

type Given = tf.Tensor | tf.Tensor[];
type Call<Layer> = (this: Layer, inputs: Given, settings: { readonly training?: boolean }) => Given;

let repaired = false;

/** Repairs both for this thread. Calling it again does nothing. */
export function repairLayers(): void {
  if (repaired) return;
  repaired = true;
  // Named, because a layer without a name takes the next number, which the user's layers are to have.
  replaceCall<Conv2dLayer>(tf.layers.conv2d({ filters: 1, kernelSize: 1, name: 'any' }), unfusedIfDilated);
  replaceCall<BatchNormLayer>(tf.layers.batchNormalization({ name: 'any' }), withAllWeights);
}

function replaceCall<Layer>(
  example: tf.layers.Layer,
  replacement: (stock: Call<Layer>) => Call<Layer>,
): void {
  const layers: object = Object.getPrototypeOf(example) as object;
  const stock: unknown = Reflect.get(layers, 'call');
  Reflect.set(layers, 'call', replacement(stock as Call<Layer>));
}

function unfusedIfDilated(stock: Call<Conv2dLayer>): Call<Conv2dLayer> {
  return function call(inputs, settings) {
    const { kernel, bias, strides, padding, dataFormat, dilationRate, activation } = this;
    const [height = 1, width = height] = [dilationRate].flat();
    const isLinear = (activation?.getClassName() ?? 'linear') === 'linear';
    if ((height === 1 && width === 1) || !isLinear || dataFormat !== 'channelsLast') {
      return stock.call(this, inputs, settings);
    }
    return tf.tidy(() => {
      const [x] = [inputs].flat();
      const y = tf.conv2d(x as tf.Tensor4D, kernel.read() as tf.Tensor4D, strides, padding, 'NHWC', [
        height,
        width,
      ]);
      return bias === null || bias === undefined ? y : tf.add<tf.Tensor>(y, bias.read());
    });
  };
}

/** In training a gain of 1 or an offset of 0 stands in for the weight that is not there. */
function withAllWeights(stock: Call<BatchNormLayer>): Call<BatchNormLayer> {
  return function call(inputs, settings) {
    const { gamma, beta } = this;
    if (settings.training !== true || (gamma && beta)) return stock.call(this, inputs, settings);
    const channels = [inputs].flat()[0]?.shape.at(this.axis) ?? 0;
    return tf.tidy(() => {
      this.gamma = gamma ?? { read: () => tf.ones([channels]) };
      this.beta = beta ?? { read: () => tf.zeros([channels]) };
      try {
        return stock.call(this, inputs, settings);
      } finally {
        this.gamma = gamma;
        this.beta = beta;
      }
    });
  };
}
