/**
 * Counts and channel statistics of a split: what the checks compare with published figures, and what a data set that
 * states no normalisation is normalised by.
 */

import type { Split } from './dataset.js';

export interface ChannelStatistics {
  /** Per channel, of inputs divided by `inputScale`. */
  readonly mean: readonly number[];
  /** Per channel, population standard deviation (divided by the count, not the count less one). */
  readonly deviation: readonly number[];
}

/** Number of labels of each class. Labels at or above `classes` are not counted. */
export function countClasses(labels: ArrayLike<number>, classes: number): number[] {
  const counts = Array.from({ length: classes }, () => 0);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] ?? classes;
    if (label < classes) {
      counts[label] = (counts[label] ?? 0) + 1;
    }
  }
  return counts;
}

/** Mean and deviation per channel, the channel being the last and fastest dimension of `inputs`. */
export function channelStatistics(
  inputs: Split['inputs'],
  channels: number,
  inputScale: number,
): ChannelStatistics {
  return inputs instanceof Uint8Array
    ? statisticsOfBytes(inputs, channels, inputScale)
    : statisticsOfFloats(inputs, channels, inputScale);
}

/** Exact sums from a histogram per channel: one pass, integers only. */
function statisticsOfBytes(inputs: Uint8Array, channels: number, inputScale: number): ChannelStatistics {
  const histogram = new Float64Array(channels * 256);
  for (let start = 0; start < inputs.length; start += channels) {
    for (let channel = 0; channel < channels; channel++) {
      const bin = channel * 256 + (inputs[start + channel] ?? 0);
      histogram[bin] = (histogram[bin] ?? 0) + 1;
    }
  }
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    let count = 0;
    let sum = 0;
    let squares = 0;
    histogram.subarray(channel * 256, (channel + 1) * 256).forEach((times, value) => {
      count += times;
      sum += times * value;
      squares += times * value * value;
    });
    const channelMean = sum / count;
    mean.push(channelMean / inputScale);
    deviation.push(Math.sqrt(Math.max(0, squares / count - channelMean * channelMean)) / inputScale);
  }
  return { mean, deviation };
}

/** Two passes, so that a mean far from zero does not swallow the deviation. */
function statisticsOfFloats(inputs: Float32Array, channels: number, inputScale: number): ChannelStatistics {
  const perChannel = inputs.length / channels;
  const mean: number[] = [];
  const deviation: number[] = [];
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0;
    for (let i = channel; i < inputs.length; i += channels) {
      sum += inputs[i] ?? 0;
    }
    const channelMean = sum / perChannel;
    let squares = 0;
    for (let i = channel; i < inputs.length; i += channels) {
      squares += ((inputs[i] ?? 0) - channelMean) ** 2;
    }
    mean.push(channelMean / inputScale);
    deviation.push(Math.sqrt(squares / perChannel) / inputScale);
  }
  return { mean, deviation };
}
