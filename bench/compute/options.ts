/** What the bench is asked to do. */
import { parseArgs } from 'node:util';
import { benchModels, type BenchModelName, isBenchModel } from './models.js';

const partNames = ['steps', 'threads', 'overhead', 'evaluation', 'memory', 'kernels'] as const;
export type PartName = (typeof partNames)[number];
const byDefault: readonly PartName[] = ['steps', 'threads', 'overhead', 'evaluation', 'memory'];

export interface BenchOptions {
  readonly parts: ReadonlySet<PartName>;
  readonly models: readonly BenchModelName[];
  /** Slices of each rival. */
  readonly slices: number;
  /** Pythons to look for PyTorch in, before the usual ones. */
  readonly pythons: readonly string[];
}

const help = `npm run bench:compute -- [options]

Speed and memory of computing, beside the targets; about four minutes. Slices of all rivals alternate.

  --parts LIST     of ${partNames.join(', ')}
                   default: ${byDefault.join(',')}
                     steps       a training step on one thread ÷ PyTorch
                     threads     two threads of the pool ÷ one
                     overhead    what a task of 10 steps takes beside its steps
                     evaluation  10,000 images of CIFAR-10's size on two threads ÷ PyTorch's forward pass
                     memory      of a thread, and after 1,000 tasks
                     kernels     where the time of a lenet step by the drop-in kernels goes; tfjs cpu
  --models LIST    of ${Object.keys(benchModels).join(', ')}; default: all
  --slices N       of each rival; default 40
  --python FILE    a Python with another PyTorch, for a column of its own; may be repeated. Looked for besides: $STALEWART_TORCH_PYTHON,
                   python3 on the PATH. Debian's (/usr/bin/python3) is the first column, installed where it is missing and we may
  --help
`;

/** Prints the help, or what is wrong, and ends the process where that is all there is to do. */
export function readOptions(): BenchOptions {
  try {
    const { values } = parseArgs({
      options: {
        parts: { type: 'string', default: byDefault.join(',') },
        models: { type: 'string', default: Object.keys(benchModels).join(',') },
        slices: { type: 'string', default: '40' },
        python: { type: 'string', multiple: true, default: [] },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    const slices = Number(values.slices);
    if (!Number.isInteger(slices) || slices < 1) {
      throw new RangeError(`--slices is "${values.slices}": it must be a whole number from 1`);
    }
    const isPart = (part: string): part is PartName => partNames.some((name) => name === part);
    return {
      parts: new Set(listOf('parts', values.parts, isPart, partNames)),
      models: listOf('models', values.models, isBenchModel, Object.keys(benchModels)),
      slices,
      pythons: values.python,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    process.exit(2);
  }
}

function listOf<Name extends string>(
  option: string,
  text: string,
  isName: (name: string) => name is Name,
  allowed: readonly string[],
): Name[] {
  return text.split(',').map((name) => {
    if (isName(name)) return name;
    throw new RangeError(`--${option} names "${name}": it may name ${allowed.join(', ')}`);
  });
}
