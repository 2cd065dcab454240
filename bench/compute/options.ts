/** What the bench is asked to do. */
import { addOption, benchCommand, listOf, wholeNumber } from '../command-line.js';
import { type BenchModelName, benchModelNames } from './models.js';

const partNames = ['steps', 'threads', 'overhead', 'evaluation', 'memory', 'kernels'] as const;
export type PartName = (typeof partNames)[number];
const byDefault: readonly PartName[] = ['steps', 'threads', 'overhead', 'evaluation', 'memory'];

export interface BenchOptions {
  readonly parts: readonly PartName[];
  readonly models: readonly BenchModelName[];
  /** Slices of each rival. */
  readonly slices: number;
  /** Pythons to look for PyTorch in, before the usual ones. */
  readonly pythons: readonly string[];
}

const about = `Speed and memory of computing, beside the targets; about four minutes. Slices of all rivals alternate.

Parts:
  steps       a training step on one thread ÷ PyTorch
  threads     two threads of the pool ÷ one
  overhead    what a task of 10 steps takes beside its steps
  evaluation  10,000 images of CIFAR-10's size on two threads ÷ PyTorch's forward pass
  memory      of a thread, and after 1,000 tasks
  kernels     where the time of a lenet step by the drop-in kernels goes; tfjs cpu`;

const pythonHelp =
  "a Python with another PyTorch, for a column of its own; may be repeated. Looked for besides: $STALEWART_TORCH_PYTHON, python3 on the PATH. Debian's (/usr/bin/python3) is the first column, installed where it is missing and we may";

/** Prints the help, or what is wrong, and ends the process where that is all there is to do. */
export function readOptions(): BenchOptions {
  const command = benchCommand('bench:compute', about);
  const partsHelp = `of ${partNames.join(', ')}`;
  addOption(command, { flag: '--parts LIST', help: partsHelp }, byDefault, listOf(partNames));
  const modelsHelp = `for the steps, of ${benchModelNames.join(', ')}`;
  addOption(command, { flag: '--models LIST', help: modelsHelp }, benchModelNames, listOf(benchModelNames));
  addOption(command, { flag: '--slices N', help: 'slices of each rival' }, 40, wholeNumber);
  command.option('--python <FILE...>', pythonHelp);
  const { python = [], ...options } = command
    .parse()
    .opts<Omit<BenchOptions, 'pythons'> & { readonly python?: readonly string[] }>();
  return { ...options, pythons: python };
}
