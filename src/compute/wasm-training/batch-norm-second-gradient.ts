/**
 * The gradient of the gradient of batch normalisation, composed of common operations, so that it has gradients itself. With
 * r = 1 / √(variance + ε), s the scale, c = x − mean, S = Σ dy and P = Σ dy · c over all rows, the first gradient is
 *
 *     dx = s r dy,  dMean = −s r S,  dVariance = −s r³ P / 2,  dScale = r P,  dOffset = S
 *
 * and what is given here are the derivatives of the sum of these, each times what arrives for it.
 */
import * as tf from '@tensorflow/tfjs';
import { BATCH_NORM_GRADIENT } from './kernels/batch-norm.js';

export const secondBatchNormGradient: tf.GradConfig = {
  kernelName: BATCH_NORM_GRADIENT,
  inputsToSave: ['dy', 'x', 'mean', 'variance', 'scale'],
  gradFunc(arriving, saved, attrs) {
    const [dy, x, mean, variance, scale] = saved;
    const [forX, forMean, forVariance, forScale, forOffset] = arriving as tf.Tensor[];
    if (
      !dy ||
      !x ||
      !mean ||
      !variance ||
      !scale ||
      !forX ||
      !forMean ||
      !forVariance ||
      !forScale ||
      !forOffset
    )
      throw new TypeError('the gradient of batch normalisation has saved nothing');
    const rows = x.shape.slice(0, -1).map((_, axis) => axis);
    const r = tf.rsqrt(variance.add(Number(attrs['varianceEpsilon'])));
    const cube = r.mul(r).mul(r);
    const centred = x.sub(mean);
    const sum = dy.sum(rows);
    const products = dy.mul(centred).sum(rows);
    const through = forX.mul(dy).sum(rows);
    /** What S and P are multiplied by. */
    const ofSum = forOffset.sub(forMean.mul(scale).mul(r));
    const ofProducts = forScale.mul(r).sub(forVariance.mul(scale).mul(cube).div(2));
    return {
      dy: () => forX.mul(scale.mul(r)).add(ofSum).add(centred.mul(ofProducts)),
      x: () => dy.mul(ofProducts),
      mean: () => sum.mul(ofProducts).neg(),
      variance: () => {
        const byR = through
          .mul(scale)
          .sub(forMean.mul(scale).mul(sum))
          .sub(forVariance.mul(scale).mul(r).mul(r).mul(products).mul(1.5))
          .add(forScale.mul(products));
        return byR.mul(cube).div(-2);
      },
      scale: () => r.mul(through.sub(forMean.mul(sum))).sub(forVariance.mul(cube).mul(products).div(2)),
    };
  },
};
