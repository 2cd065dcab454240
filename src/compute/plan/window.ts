/** The geometry of a window that slides over an image, as TensorFlow.js has it. */
import type { Window } from './operations.js';
import { Unplannable } from './unplannable.js';

/** [height, width] */
export type Pair = readonly [number, number];

export interface WindowRequest {
  /** [height, width, channels] */
  readonly input: readonly number[];
  readonly outChannels: number;
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilation: Pair;
  readonly padding: 'same' | 'valid';
}

/** @throws Unplannable if the input is no image or nothing would be left of it */
export function windowOver(request: WindowRequest): Window {
  const { input, outChannels, size, strides, dilation, padding } = request;
  const [inHeight, inWidth, inChannels] = input;
  if (input.length !== 3 || inHeight === undefined || inWidth === undefined || inChannels === undefined) {
    throw new Unplannable(`its input has shape [${input.join(', ')}]: it must be [height, width, channels]`);
  }
  const rows = axis(inHeight, size[0], strides[0], dilation[0], padding);
  const columns = axis(inWidth, size[1], strides[1], dilation[1], padding);
  if (rows.out < 1 || columns.out < 1) {
    throw new Unplannable(`nothing is left of its input of ${inHeight}×${inWidth} pixels`);
  }
  return {
    batch: 0,
    inHeight,
    inWidth,
    inChannels,
    outHeight: rows.out,
    outWidth: columns.out,
    outChannels,
    filterHeight: size[0],
    filterWidth: size[1],
    strideHeight: strides[0],
    strideWidth: strides[1],
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
    padTop: rows.before,
    padLeft: columns.before,
  };
}

function axis(
  length: number,
  size: number,
  stride: number,
  dilation: number,
  padding: 'same' | 'valid',
): { out: number; before: number } {
  const reach = (size - 1) * dilation + 1;
  if (padding === 'valid') return { out: Math.ceil((length - reach + 1) / stride), before: 0 };
  const out = Math.ceil(length / stride);
  const missing = Math.max((out - 1) * stride + reach - length, 0);
  return { out, before: Math.floor(missing / 2) };
}
