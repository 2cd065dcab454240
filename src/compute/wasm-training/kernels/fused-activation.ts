/** The activation at the end of a fused convolution, by the kernel that TensorFlow.js has for it. */
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { StalewartError } from '../../../errors.js';

export type ActivationAttrs = { activation: string; leakyreluAlpha?: number };

/** Kernel names by activation; `linear` has none. */
const kernelNames: Readonly<Record<string, string>> = {
  relu: tf.Relu,
  relu6: tf.Relu6,
  elu: tf.Elu,
  prelu: tf.Prelu,
  leakyrelu: tf.LeakyRelu,
  sigmoid: tf.Sigmoid,
};

/**
 * Replaces `y` by its activation.
 *
 * @param slopes those of `prelu`
 * @throws StalewartError MODEL if there is no such activation
 */
export function activate(
  backend: BackendWasm,
  y: tf.TensorInfo,
  { activation, leakyreluAlpha }: ActivationAttrs,
  slopes: tf.TensorInfo | undefined,
): tf.TensorInfo {
  if (activation === 'linear') return y;
  const kernelName = kernelNames[activation];
  if (kernelName === undefined) {
    throw new StalewartError(
      'MODEL',
      `activation is "${activation}": it must be one of linear, ${Object.keys(kernelNames).join(', ')}`,
      {
        field: 'activation',
        value: activation,
      },
    );
  }
  const { kernelFunc } = tf.getKernel(kernelName, 'wasm');
  const inputs = { x: y, alpha: slopes };
  const activated = kernelFunc({ inputs, backend, attrs: { alpha: leakyreluAlpha ?? 0 } }) as tf.TensorInfo;
  backend.disposeData(y.dataId);
  return activated;
}
