/**
 * A data set that the user gives as a value: plain arrays are checked and copied into shared memory, what is missing is
 * filled in. Whatever passes here can be trained on; what does not is refused in one line that names the field.
 */

import type { Dataset, Split } from './dataset.js';
import { fields, isFinitePositive, isInteger, requireThat, show } from './field-checks.js';
import { sharedInputs, sharedLabels } from './shared-arrays.js';
import { channelStatistics } from './statistics.js';

export interface SplitLike {
  /**
   * Examples one after the other, each row-major with channels last. Bytes stay bytes; anything else becomes 32-bit
   * floats and must be finite.
   */
  readonly inputs: Uint8Array | Uint8ClampedArray | Float32Array | Float64Array | readonly number[];
  /** One class index per example, 0 … classes − 1. */
  readonly labels: Uint8Array | Uint16Array | Int32Array | Uint32Array | readonly number[];
}

export interface DatasetLike {
  /** Default: the name of the module, or `custom`. */
  readonly name?: string;
  /** One example, channels last: [height, width, channels]; [features] and [steps, features] are allowed as well. */
  readonly inputShape: readonly number[];
  /** 2 … 65536. */
  readonly classes: number;
  /** Default: the class indices. */
  readonly classNames?: readonly string[];
  readonly train: SplitLike;
  readonly test: SplitLike;
  /**
   * x ↦ (x / inputScale − mean) / deviation, one mean and deviation per channel. Default: 255 for bytes and 1 for
   * floats, with mean and deviation of the training inputs (a deviation of zero counts as 1).
   */
  readonly normalisation?: Dataset['normalisation'];
}

/**
 * Checks `value` and moves its arrays into shared memory; inputs already there, of the right type, are not copied.
 * @param value a `DatasetLike`; of unknown type because it may come from plain JavaScript
 * @param name used in messages, and as the data set's name if it states none
 * @throws StalewartError DATA naming the field, e.g. `custom train.labels[17]`
 */
export function asDataset(value: unknown, name = 'custom'): Dataset {
  const like = fields(value, name);
  const shown = typeof like['name'] === 'string' && like['name'] !== '' ? like['name'] : name;
  const inputShape = shapeOf(like['inputShape'], `${shown} inputShape`);
  const classes = like['classes'];
  requireThat(
    isInteger(classes) && classes >= 2 && classes <= 65_536,
    `${shown} classes`,
    `is ${show(classes)}, not an integer from 2 to 65536`,
  );
  const train = asSplit(like['train'], `${shown} train`, inputShape, classes);
  const test = asSplit(like['test'], `${shown} test`, inputShape, classes);
  requireThat(
    train.inputs.constructor === test.inputs.constructor,
    `${shown} test.inputs`,
    `is ${test.inputs.constructor.name}, but train.inputs is ${train.inputs.constructor.name}`,
  );
  return {
    name: shown,
    inputShape,
    classes,
    classNames: classNamesOf(like['classNames'], `${shown} classNames`, classes),
    train,
    test,
    normalisation: normalisationOf(like['normalisation'], `${shown} normalisation`, train, inputShape),
  };
}

function shapeOf(value: unknown, field: string): readonly number[] {
  const valid = Array.isArray(value) && value.length >= 1 && value.length <= 3;
  requireThat(
    valid && value.every((dimension) => isInteger(dimension) && dimension >= 1),
    field,
    `is [${Array.isArray(value) ? value.join(', ') : show(value)}], not one to three positive integers`,
  );
  return [...value];
}

function asSplit(value: unknown, field: string, inputShape: readonly number[], classes: number): Split {
  const like = fields(value, field);
  const inputs = sharedInputs(like['inputs'], `${field}.inputs`);
  const labels = sharedLabels(like['labels'], `${field}.labels`, classes);
  const perExample = inputShape.reduce((product, dimension) => product * dimension, 1);
  requireThat(labels.length >= 1, `${field}.labels`, 'is empty');
  requireThat(
    inputs.length === labels.length * perExample,
    `${field}.inputs`,
    `has ${inputs.length} values, not ${labels.length} examples × ${perExample}`,
  );
  return { size: labels.length, inputs, labels };
}

function classNamesOf(value: unknown, field: string, classes: number): readonly string[] {
  if (value === undefined) {
    return Array.from({ length: classes }, (_, label) => String(label));
  }
  requireThat(
    Array.isArray(value) && value.length === classes && value.every((name) => typeof name === 'string'),
    field,
    `is not a list of ${classes} strings`,
  );
  return [...value];
}

function normalisationOf(
  value: unknown,
  field: string,
  train: Split,
  inputShape: readonly number[],
): Dataset['normalisation'] {
  const channels = inputShape.at(-1) ?? 1;
  if (value === undefined) {
    const inputScale = train.inputs instanceof Uint8Array ? 255 : 1;
    const { mean, deviation } = channelStatistics(train.inputs, channels, inputScale);
    return { inputScale, mean, deviation: deviation.map((spread) => (spread > 0 ? spread : 1)) };
  }
  const { inputScale, mean, deviation } = fields(value, field);
  requireThat(
    isFinitePositive(inputScale),
    `${field}.inputScale`,
    `is ${show(inputScale)}, not a positive number`,
  );
  requireThat(
    Array.isArray(mean) && mean.length === channels && mean.every((x) => Number.isFinite(x)),
    `${field}.mean`,
    `is not a list of ${channels} finite numbers, one per channel`,
  );
  requireThat(
    Array.isArray(deviation) && deviation.length === channels && deviation.every(isFinitePositive),
    `${field}.deviation`,
    `is not a list of ${channels} positive numbers, one per channel`,
  );
  return { inputScale, mean: [...mean], deviation: [...deviation] };
}
