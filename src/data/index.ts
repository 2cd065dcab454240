/** The public door of the data: what other parts import. */

export { asDataset, type DatasetLike, type SplitLike } from './as-dataset.js';
export { dataFolder } from './cache/data-folder.js';
export type { Dataset, Partitions, Split } from './dataset.js';
export type { FetchProgress } from './fetch/fetch-progress.js';
export {
  fetchDataset,
  loadDataset,
  type DatasetReport,
  type SplitReport,
} from './load-dataset.js';
export { datasetNames, type LoadOptions } from './open-dataset.js';
export { makePartitions } from './partitions/make-partitions.js';
export { formatPartition, parsePartition, type PartitionSpec } from './partitions/partition-spec.js';
export type { CreateDatasetOptions } from './user-data.js';
