/** What a command writes to, for tests of the command line in this process. */
import type { ProgramContext } from '../../src/cli/program.js';

/** Keeps what is written as an error; the rest goes nowhere. */
export function silentContext(): ProgramContext & { readonly errors: () => string } {
  let errors = '';
  return {
    writeOut: () => undefined,
    writeError: (text) => {
      errors += text;
    },
    colour: false,
    exitCode: 0,
    errors: () => errors,
  };
}
