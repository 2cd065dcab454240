/**
 * The command line: its commands, and what it exits with. A wrong word on the command line is one line and exit code 2;
 * an error that a user can meet is its lines and its exit code; anything else is a defect and shows its stack.
 */
import { Command, CommanderError } from 'commander';
import { nearest } from '../config/did-you-mean.js';
import { exitCodes, oneLineOf, StalewartError } from '../errors.js';
import { exitCodesHelp } from './exit-codes-help.js';

/** What the commands write to, and with what code the program ends when none of them throws. */
export interface ProgramContext {
  writeOut(text: string): void;
  writeError(text: string): void;
  /** Whether what `writeOut` gets has colours. */
  readonly colour: boolean;
  exitCode: number;
}

/** Columns of help texts. */
const width = 100;

/** @param commands made by the files beside this one */
export function createProgram(
  version: string,
  commands: readonly Command[],
  context: ProgramContext,
): Command {
  const program = new Command('stalewart')
    .description('Train neural networks on many unequal, unreliable workers.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', exitCodesHelp);
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command
      .exitOverride()
      .helpOption('-h, --help', 'print this help')
      .configureHelp({ helpWidth: width })
      .configureOutput({
        writeOut: (text) => context.writeOut(text),
        writeErr: (text) => context.writeError(text),
        outputError: (text, write) => write(`${refusal(command, text)}\n`),
      });
  }
  return program;
}

/** Commander's error on one line: it puts its suggestion on a second one, and takes all of `--json=yes` for a name. */
function refusal(command: Command, text: string): string {
  const [, unknown = null] = /unknown option '(--[^'=]+)/.exec(text) ?? [];
  const has = ({ options }: Command): boolean => options.some(({ long }) => long === unknown);
  const other = has(command) ? undefined : command.parent?.commands.find(has);
  if (other !== undefined) {
    return `error: unknown option '${unknown}': '${other.name()}' has it, '${command.name()}' has not`;
  }
  const [, flag] = /unknown option '(--[^'=]+)=/.exec(text) ?? [];
  if (flag === undefined) return oneLineOf(text);
  const names = command.options.flatMap(({ long }) => long ?? []);
  if (!names.includes(flag)) {
    const guess = nearest(flag, names);
    return `error: unknown option '${flag}'${guess === undefined ? '' : ` (Did you mean ${guess}?)`}`;
  }
  const opposite = flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace('--', '--no-');
  const hint = names.includes(opposite) ? ` (its opposite is '${opposite}')` : '';
  return `error: option '${flag}' takes no value${hint}`;
}

/** Runs the program to its end and returns what to exit with. */
export async function runProgram(
  program: Command,
  argv: readonly string[],
  context: ProgramContext,
): Promise<number> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has written its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.finished : exitCodes.usage;
    if (error instanceof StalewartError) {
      for (const line of error.message.split('\n')) context.writeError(`error: ${line}\n`);
      return error.exitCode;
    }
    context.writeError(`${error instanceof Error ? (error.stack ?? String(error)) : String(error)}\n`);
    return exitCodes.failed;
  }
}
