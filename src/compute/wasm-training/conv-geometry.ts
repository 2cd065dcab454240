/**
 * The shape of a convolution or pooling as our kernels read it: fifteen i32 in the order of `assembly/geometry.ts`.
 * Refuses what the kernels cannot do, so that nothing is computed wrongly.
 */
import * as tf from '@tensorflow/tfjs';
import { StalewartError } from '../../errors.js';
import type { Pair, Shape4 } from './shapes.js';

export type ConvGeometry = tf.backend_util.Conv2DInfo;

export type Padding = 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;

/** The attributes that convolutions and poolings share. */
export type WindowAttrs = {
  strides: Pair;
  pad: Padding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
};

export type ConvAttrs = WindowAttrs & { dataFormat?: 'NHWC' | 'NCHW'; dilations?: Pair };

/**
 * @param x [batch, height, width, channels]
 * @param filter [height, width, channels in, channels out], or [height, width, channels, multiplier] if depthwise
 * @throws StalewartError MODEL if the data format is not NHWC, or the window does not fit
 */
export function convGeometry(
  kernel: string,
  x: readonly number[],
  filter: readonly number[],
  attrs: ConvAttrs,
  depthwise = false,
): ConvGeometry {
  if (attrs.dataFormat !== undefined && attrs.dataFormat !== null && attrs.dataFormat !== 'NHWC') {
    throw new StalewartError('MODEL', `${kernel}: dataFormat is "${attrs.dataFormat}": it must be "NHWC"`, {
      field: 'dataFormat',
      value: attrs.dataFormat,
      allowed: '"NHWC"',
    });
  }
  const g = tf.backend_util.computeConv2DInfo(
    x as Shape4,
    filter as Shape4,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
  );
  return checked(kernel, g);
}

/** @param x [batch, height, width, channels] */
export function poolGeometry(
  kernel: string,
  x: readonly number[],
  attrs: WindowAttrs & { filterSize: Pair },
): ConvGeometry {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  return checked(
    kernel,
    tf.backend_util.computePool2DInfo(x as Shape4, filterSize, strides, 1, pad, dimRoundingMode),
  );
}

/** @throws StalewartError MODEL if a number of pixels is none, or nothing would be left of the image */
function checked(kernel: string, g: ConvGeometry): ConvGeometry {
  assertPixels(kernel, 'stride', g.strideHeight, g.strideWidth, 1);
  assertPixels(kernel, 'dilation', g.dilationHeight, g.dilationWidth, 1);
  // A filter without elements sums nothing; a pool of none has neither maximum nor mean.
  assertPixels(kernel, 'window', g.filterHeight, g.filterWidth, kernel.includes('Pool') ? 1 : 0);
  if (g.outHeight >= 0 && g.outWidth >= 0) return g;
  throw new StalewartError(
    'MODEL',
    `${kernel}: ${g.inHeight}×${g.inWidth} pixels, a window of ${g.effectiveFilterHeight}×${g.effectiveFilterWidth} and ` +
      `this padding give ${g.outHeight}×${g.outWidth} pixels: take a smaller window or pad more`,
  );
}

/** TensorFlow.js lets fractions through, of which a kernel would take the whole part, and pooling zeros, too. */
function assertPixels(kernel: string, field: string, height: number, width: number, least: number): void {
  if ([height, width].every((pixels) => Number.isInteger(pixels) && pixels >= least)) return;
  const allowed = `whole numbers of at least ${least}`;
  throw new StalewartError('MODEL', `${kernel}: ${field} is ${height}×${width}: it must be ${allowed}`, {
    field,
    value: [height, width],
    allowed,
  });
}

export function writeGeometry(g: ConvGeometry, to: Int32Array, at: number): void {
  to[at] = g.batchSize;
  to[at + 1] = g.inHeight;
  to[at + 2] = g.inWidth;
  to[at + 3] = g.inChannels;
  to[at + 4] = g.outHeight;
  to[at + 5] = g.outWidth;
  to[at + 6] = g.outChannels;
  to[at + 7] = g.filterHeight;
  to[at + 8] = g.filterWidth;
  to[at + 9] = g.strideHeight;
  to[at + 10] = g.strideWidth;
  to[at + 11] = g.dilationHeight;
  to[at + 12] = g.dilationWidth;
  to[at + 13] = g.padInfo.top;
  to[at + 14] = g.padInfo.left;
}

/** @throws StalewartError MODEL unless the bias, if there is one, has one value per output channel */
export function checkBias(kernel: string, g: ConvGeometry, bias: tf.TensorInfo | undefined | null): void {
  if (bias === undefined || bias === null) return;
  if (bias.shape.length === 1 && bias.shape[0] === g.outChannels) return;
  throw new StalewartError(
    'MODEL',
    `${kernel}: bias has shape [${bias.shape.join(', ')}]: it must be [${g.outChannels}]`,
    {
      field: 'bias',
      value: bias.shape,
      allowed: `[${g.outChannels}]`,
    },
  );
}
