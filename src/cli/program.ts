/**
 * The command line: its commands, and what it exits with. A wrong word on the command line is one line and exit code 2;
 * an error that a user can meet is its line and its exit code; anything else is a defect and shows its stack.
 */
import { Command, CommanderError } from 'commander';
import { exitCodes, StalewartError } from '../errors.js';

/** Where the program writes; the process's own streams unless a test says otherwise. */
export interface ProgramIo {
  writeOut(text: string): void;
  writeError(text: string): void;
}

const width = 100;

/** @param commands made by the files beside this one */
export function createProgram(version: string, commands: readonly Command[], io: ProgramIo): Command {
  const program = new Command('stalewart')
    .description('Train neural networks on many unequal, unreliable workers.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .showSuggestionAfterError();
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) {
    command
      .exitOverride()
      .helpOption('-h, --help', 'print this help')
      .configureHelp({ helpWidth: width })
      .configureOutput({
        writeOut: (text) => io.writeOut(text),
        writeErr: (text) => io.writeError(text),
        outputError: (text, write) => write(oneLine(text)),
      });
  }
  return program;
}

/** Runs the program to its end and returns what to exit with. */
export async function runProgram(program: Command, argv: readonly string[], io: ProgramIo): Promise<number> {
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.finished;
  } catch (error) {
    // Commander has written its own message.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.finished : exitCodes.usage;
    if (error instanceof StalewartError) {
      for (const line of error.message.split('\n')) io.writeError(`error: ${line}\n`);
      return error.exitCode;
    }
    io.writeError(`${error instanceof Error ? (error.stack ?? String(error)) : String(error)}\n`);
    return exitCodes.failed;
  }
}

/** Commander puts its suggestion on a second line. */
function oneLine(text: string): string {
  return `${text.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`;
}
