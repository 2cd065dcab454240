/** The public data sets that can be named. One line per data set. */

import { cifar10 } from './cifar10.js';
import { cifar100 } from './cifar100.js';
import { fashionMnist } from './fashion-mnist.js';
import type { KnownDataset } from './known-dataset.js';
import { mnist } from './mnist.js';

export const knownDatasets: readonly KnownDataset[] = [cifar10, cifar100, mnist, fashionMnist];
