/**
 * What is publicly known of a data set, and the check that a loaded one agrees: sizes, first labels, examples per class
 * and channel means. It catches a wrong file, a wrong byte order, and images that lost their labels' order; corruption
 * of single bytes is the checksum's business.
 */

import { dataError } from './data-error.js';
import type { Dataset, Split } from './dataset.js';
import { channelStatistics, countClasses } from './statistics.js';

export interface DatasetFacts {
  readonly trainPerClass: readonly number[];
  readonly testPerClass: readonly number[];
  /** The first labels in their order; empty where the order is not known. */
  readonly firstTrainLabels: readonly number[];
  readonly firstTestLabels: readonly number[];
  /** Channel means of the training inputs divided by the input scale. */
  readonly mean: readonly number[];
}

/** The largest difference between a channel's mean and the known one. */
const meanTolerance = 1e-3;

/**
 * @param where the file or folder that the data came from
 * @param mend what the user can do if it is wrong
 * @throws StalewartError DATA naming `where` and the first fact that does not hold
 */
export function checkFacts(dataset: Dataset, facts: DatasetFacts, where: string, mend: string): void {
  const wrong =
    checkSplit(dataset, dataset.train, 'training', facts.firstTrainLabels, facts.trainPerClass) ??
    checkSplit(dataset, dataset.test, 'test', facts.firstTestLabels, facts.testPerClass) ??
    checkMeans(dataset, facts.mean);
  if (wrong !== undefined) {
    throw dataError(where, `this is not ${dataset.name}: ${wrong}`, mend);
  }
}

function checkSplit(
  dataset: Dataset,
  split: Split,
  half: string,
  firstLabels: readonly number[],
  perClass: readonly number[],
): string | undefined {
  const found = Array.from(split.labels.subarray(0, firstLabels.length));
  if (found.join() !== firstLabels.join()) {
    return `the first ${half} labels are ${found.join(' ')}, not ${firstLabels.join(' ')}`;
  }
  const counts = countClasses(split.labels, dataset.classes);
  const expectedSize = perClass.reduce((sum, count) => sum + count, 0);
  const label = counts.findIndex((count, i) => count !== perClass[i]);
  if (label >= 0) {
    return `class ${label} has ${counts[label]} ${half} examples, not ${perClass[label]}`;
  }
  return split.size === expectedSize
    ? undefined
    : `there are ${split.size} ${half} examples, not ${expectedSize}`;
}

function checkMeans(dataset: Dataset, expected: readonly number[]): string | undefined {
  const { mean } = channelStatistics(dataset.train.inputs, expected.length, dataset.normalisation.inputScale);
  const agrees = mean.every((value, i) => Math.abs(value - (expected[i] ?? Number.NaN)) <= meanTolerance);
  const show = (values: readonly number[]) => values.map((value) => value.toFixed(4)).join(' ');
  return agrees
    ? undefined
    : `the channel means of the training images are ${show(mean)}, not ${show(expected)}`;
}
