/**
 * The command line of a bench. As in the program itself, `--help` tells what may be asked and a mistake is one line and exit
 * code 2; both before anything is measured.
 */
import { Command, Option } from 'commander';
import { parseNumber } from '../src/config/parse-number.js';
import { exitCodes, oneLineOf } from '../src/errors.js';

/** Columns of help texts. */
const width = 120;

/** @param name of the npm script */
export function benchCommand(name: string, description: string): Command {
  return new Command(`npm run ${name} --`)
    .description(description)
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ helpWidth: width })
    .configureOutput({ outputError: (text, write) => write(`${oneLineOf(text)}\n`) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? exitCodes.finished : exitCodes.usage));
}

interface OptionText {
  /** `--slices N`: the name of the flag and of its value. */
  readonly flag: `--${string} ${string}`;
  readonly help: string;
}

/** Reads the text of the flag, or says what it must be. */
type Reader<Value> = (text: string, refuse: (problem: string) => never) => Value;

/** Adds an option whose mistakes are told as the program tells its own. */
export function addOption<Value>(
  command: Command,
  { flag, help }: OptionText,
  initial: Value,
  read: Reader<Value>,
): void {
  const [name = flag, value = 'VALUE'] = flag.split(' ');
  const refuse = (problem: string): never => command.error(`error: ${name} ${problem}`);
  const shown = Array.isArray(initial) ? initial.join(',') : String(initial);
  const option = new Option(`${name} <${value}>`, help)
    .default(initial, shown)
    .argParser((text) => read(text, refuse));
  command.addOption(option);
}

export const wholeNumber: Reader<number> = (text, refuse) => {
  const number = parseNumber(text);
  const fits = number !== undefined && Number.isInteger(number) && number >= 1;
  return fits ? number : refuse(`is "${text}": it must be a whole number from 1`);
};

export const aboveZero: Reader<number> = (text, refuse) => {
  const number = parseNumber(text);
  const fits = number !== undefined && Number.isFinite(number) && number > 0;
  return fits ? number : refuse(`is "${text}": it must be a number above 0`);
};

export const wholeNumbers: Reader<readonly number[]> = (text, refuse) =>
  text.split(',').map((item) => wholeNumber(item, refuse));

export function oneOf<Name extends string>(allowed: readonly Name[]): Reader<Name> {
  return (text, refuse) =>
    allowed.find((name) => name === text) ?? refuse(`is "${text}": it must be one of ${allowed.join(', ')}`);
}

export function listOf<Name extends string>(allowed: readonly Name[]): Reader<readonly Name[]> {
  return (text, refuse) =>
    text
      .split(',')
      .map(
        (item) =>
          allowed.find((name) => name === item) ??
          refuse(`names "${item}": it may name ${allowed.join(', ')}`),
      );
}
