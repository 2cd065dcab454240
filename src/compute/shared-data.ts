/** Puts a data set into shared memory, if it is not there yet, so that posting it to a thread copies nothing. */
import type { Dataset, Partitions, Split } from '../data/dataset.js';

/** The same data set over shared memory: arrays that are there already are kept. */
export function shareDataset(dataset: Dataset): Dataset {
  // Field by field: a user's data set may carry methods, which cannot be posted.
  const { name, inputShape, classes, classNames, normalisation } = dataset;
  const { inputScale, mean, deviation } = normalisation;
  return {
    name,
    inputShape: [...inputShape],
    classes,
    classNames: [...classNames],
    train: shareSplit(dataset.train),
    test: shareSplit(dataset.test),
    normalisation: { inputScale, mean: [...mean], deviation: [...deviation] },
  };
}

export function sharePartitions(partitions: Partitions): Partitions {
  return partitions.map(shared);
}

function shareSplit({ size, inputs, labels }: Split): Split {
  return { size, inputs: shared(inputs), labels: shared(labels) };
}

function shared<T extends Uint8Array | Uint16Array | Uint32Array | Float32Array>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Constructor = array.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new Constructor(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
