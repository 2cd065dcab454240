/** The exit codes as `--help` shows them; docs/configuration.md has the same table. */
import { exitCodes } from '../errors.js';

/** Only those that a command can exit with as yet. */
const exitCodeTexts: readonly (readonly [code: number, text: string])[] = [
  [exitCodes.finished, 'finished'],
  [exitCodes.failed, 'failed: an unexpected error, with a stack, or a run that could not go on'],
  [exitCodes.usage, 'bad usage or configuration'],
  [exitCodes.unavailable, 'a needed service or data set is not there'],
  [exitCodes.stopped, 'stopped by the user'],
];

/** The block at the end of a help text. */
export const exitCodesHelp = [
  '',
  'Exit codes:',
  ...exitCodeTexts.map(([code, text]) => `  ${String(code).padEnd(5)}${text}`),
].join('\n');
