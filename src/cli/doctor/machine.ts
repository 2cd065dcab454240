/** Checks of the machine itself: the version of Node, cores and memory. */
import { availableParallelism, totalmem } from 'node:os';
import { type Check, fails, works } from './check.js';

/** What these checks look at; the real process by default. */
export interface Machine {
  readonly nodeVersion: string;
  readonly cores: number;
  /** Bytes that this process may use. */
  readonly memory: number;
}

/** The process that a run of the default job takes: 1.5 GB. */
const neededGigabytes = 1.5;

export function thisMachine(): Machine {
  // In a container the limit of its control group is what counts; 0 or huge: there is none.
  const limit = process.constrainedMemory();
  const memory = limit > 0 && limit < totalmem() ? limit : totalmem();
  return { nodeVersion: process.versions.node, cores: availableParallelism(), memory };
}

export function checkMachine({ nodeVersion, cores, memory }: Machine): readonly Check[] {
  const gigabytes = memory / 1e9;
  const amount = `${gigabytes.toFixed(1)} GB`;
  return [
    isSupported(nodeVersion)
      ? works('node', nodeVersion)
      : fails('node', nodeVersion, 'install Node 20.19 or newer'),
    works('cores', `${cores}: as many compute threads by default`),
    gigabytes >= neededGigabytes
      ? works('memory', amount)
      : fails('memory', amount, `give the process at least ${neededGigabytes} GB, or use fewer --threads`),
  ];
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}
