/**
 * A data set that needs no download: seeded, quick to make, learnable, and not linearly separable. Each class has one
 * smooth pattern; an example is that pattern, moved by up to an eighth of its size (wrapping round), one time in five
 * as its negative, plus noise. The negatives make a linear classifier fail on part of the examples; a small network
 * with one hidden layer learns them.
 */

import { randomNormal } from 'd3-random';
import { configError } from '../errors.js';
import { integerBelow, seededRandom, shuffle, type Random } from '../random/seeded-random.js';
import type { Dataset, Split } from './dataset.js';
import { channelStatistics } from './statistics.js';

export interface SyntheticSettings {
  /** Training examples. Default 2000. */
  readonly examples: number;
  /** Test examples. Default 500. */
  readonly test: number;
  /** Height and width. Default 32. */
  readonly size: number;
  /** Default 3. */
  readonly channels: number;
  /** Default 10. */
  readonly classes: number;
  /** Standard deviation of the noise, in units of a pattern's own. Default 0.5. */
  readonly noise: number;
}

export const syntheticDefaults: SyntheticSettings = {
  examples: 2000,
  test: 500,
  size: 32,
  channels: 3,
  classes: 10,
  noise: 0.5,
};

/** Smallest and largest value of each setting; all but `noise` are integers. */
const ranges: Readonly<Record<keyof SyntheticSettings, readonly [number, number]>> = {
  examples: [1, 1_000_000],
  test: [1, 1_000_000],
  size: [4, 256],
  channels: [1, 16],
  classes: [2, 256],
  noise: [0, 10],
};

const prefix = 'synthetic';

/** Whether `source` asks for the synthetic data set. */
export function isSynthetic(source: string): boolean {
  return source === prefix || source.startsWith(`${prefix}:`);
}

/**
 * @param source `synthetic` or `synthetic:key=value,…`
 * @throws StalewartError CONFIG naming the field `dataset`
 */
export function parseSynthetic(source: string): SyntheticSettings {
  const settings: Record<keyof SyntheticSettings, number> = { ...syntheticDefaults };
  const refuse = (allowed: string) => configError('dataset', source, allowed);
  const list = source.slice(prefix.length + 1);
  for (const item of list === '' ? [] : list.split(',')) {
    const [key = '', text = '', ...rest] = item.split('=');
    if (text.trim() === '' || rest.length > 0) {
      throw refuse(`synthetic:name=value,name=value, and "${item}" is not such a pair`);
    }
    if (!isSetting(key)) {
      const names = Object.keys(ranges).join(', ');
      throw refuse(`synthetic with the parameters ${names} only, and "${key}" is none of them`);
    }
    const value = Number(text);
    if (!inRange(key, value)) {
      throw refuse(`synthetic with ${key} ${describeRange(key)}, and it is ${text.trim()}`);
    }
    settings[key] = value;
  }
  return settings;
}

function isSetting(key: string): key is keyof SyntheticSettings {
  return Object.hasOwn(ranges, key);
}

const isWhole = (key: keyof SyntheticSettings) => key !== 'noise';

function inRange(key: keyof SyntheticSettings, value: number): boolean {
  const [least, most] = ranges[key];
  return value >= least && value <= most && (Number.isInteger(value) || !isWhole(key));
}

function describeRange(key: keyof SyntheticSettings): string {
  const [least, most] = ranges[key];
  return `${isWhole(key) ? 'an integer' : 'a number'} from ${least} to ${most}`;
}

/** The same settings and seed give the same data set, byte for byte. */
export function createSynthetic(settings: SyntheticSettings, seed: number): Dataset {
  const patterns = seededRandom(seed, 'synthetic', 'patterns');
  const classPatterns = Array.from({ length: settings.classes }, () => smoothPattern(settings, patterns));
  const split = (name: string, size: number) =>
    drawSplit(settings, classPatterns, size, seededRandom(seed, 'synthetic', name));
  const train = split('train', settings.examples);
  return {
    name: 'synthetic',
    inputShape: [settings.size, settings.size, settings.channels],
    classes: settings.classes,
    classNames: Array.from({ length: settings.classes }, (_, label) => `pattern ${label}`),
    train,
    test: split('test', settings.test),
    normalisation: { inputScale: 255, ...channelStatistics(train.inputs, settings.channels, 255) },
  };
}

/** Waves of at most two periods across the image: they join at the edges, so that moving can wrap round. */
const wavesPerChannel = 4;
const highestFrequency = 2;

/** size × size × channels values of mean 0 and deviation 1 per channel. */
function smoothPattern({ size, channels }: SyntheticSettings, random: Random): Float32Array {
  const pattern = new Float32Array(size * size * channels);
  const frequency = () => integerBelow(random, 2 * highestFrequency + 1) - highestFrequency;
  for (let channel = 0; channel < channels; channel++) {
    const waves = Array.from({ length: wavesPerChannel }, () => ({
      across: frequency(),
      // Never zero, so that no wave is constant.
      down: 1 + integerBelow(random, highestFrequency),
      phase: 2 * Math.PI * random(),
    }));
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        pattern[(y * size + x) * channels + channel] = waves.reduce(
          (sum, { across, down, phase }) =>
            sum + Math.cos((2 * Math.PI * (across * x + down * y)) / size + phase),
          0,
        );
      }
    }
  }
  const { mean, deviation } = channelStatistics(pattern, channels, 1);
  return pattern.map((value, i) => {
    const channel = i % channels;
    // Waves may cancel each other; the pattern is then all but constant, not divided by zero.
    return (value - (mean[channel] ?? 0)) / Math.max(deviation[channel] ?? 1, 1e-3);
  });
}

/** Grey levels per unit of a pattern's deviation: four deviations either way fit into a byte. */
const contrast = 32;
const negativeShare = 0.2;

function drawSplit(
  settings: SyntheticSettings,
  patterns: readonly Float32Array[],
  count: number,
  random: Random,
): Split {
  const { size, channels, classes, noise } = settings;
  const perExample = size * size * channels;
  const inputs = new Uint8Array(new SharedArrayBuffer(count * perExample));
  const labels = new Uint8Array(new SharedArrayBuffer(count));
  labels.forEach((_, i) => {
    labels[i] = i % classes;
  });
  shuffle(random, labels);
  const normal = randomNormal.source(random)(0, noise);
  const reach = Math.floor(size / 8);
  const move = () => integerBelow(random, 2 * reach + 1) - reach + size;
  for (const [example, label] of labels.entries()) {
    const pattern = patterns[label] ?? new Float32Array(perExample);
    const sign = random() < negativeShare ? -1 : 1;
    const [right, down] = [move(), move()];
    let at = example * perExample;
    for (let y = 0; y < size; y++) {
      const row = ((y + down) % size) * size;
      for (let x = 0; x < size; x++) {
        const pixel = (row + ((x + right) % size)) * channels;
        for (let channel = 0; channel < channels; channel++) {
          const value = sign * (pattern[pixel + channel] ?? 0) + normal();
          inputs[at++] = Math.max(0, Math.min(255, Math.round(128 + contrast * value)));
        }
      }
    }
  }
  return { size: count, inputs, labels };
}
