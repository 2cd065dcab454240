/** `stalewart report RUN…`: figures and a page from the folders of runs and comparisons. */
import { Command } from 'commander';
import { parseNumber } from '../config/parse-number.js';
import { configError } from '../errors.js';
import { exitCodesHelp } from './exit-codes-help.js';
import type { ProgramContext } from './program.js';

interface ReportFlags {
  readonly out?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function reportCommand(context: ProgramContext): Command {
  return new Command('report')
    .summary('figures and a page of runs and comparisons')
    .description(
      'Draw the figures of runs, as SVG and PNG, and write one self-contained page, report.html. Runs that differ in their seed ' +
        'only are one series, with a band. docs/report.md explains each figure.',
    )
    .argument('<RUN...>', 'folders of runs, or of comparisons')
    .option(
      '--out <DIR>',
      'where to write (default: the folder of the run; report/ in that of a comparison, or here for several)',
    )
    .option('--from <T>', "the run's time at which the timeline begins (default: 0)")
    .option('--to <T>', 'where it ends (default: when 12 tasks per worker have ended)')
    .option('--json', 'print what was written as JSON on standard output')
    .addHelpText('after', exitCodesHelp)
    .action(async (paths: string[], { out, from, to, json }: ReportFlags) => {
      const times = { from: timeOf('--from', from), to: timeOf('--to', to) };
      const { from: begin = 0, to: end = Number.POSITIVE_INFINITY } = times;
      if (end <= begin) throw configError('--to', end, `more than --from, which is ${begin}`);
      const { report } = await import('../report/report.js');
      const written = await report(paths, { out, ...times });
      for (const note of written.notes) context.writeError(`note: ${note}\n`);
      if (json === true) {
        context.writeOut(`${JSON.stringify(written, null, 2)}\n`);
        return;
      }
      const { length } = written.figures;
      context.writeOut(
        `${written.page}: ${length} ${length === 1 ? 'figure' : 'figures'}, also in figures/ beside it\n`,
      );
    });
}

/** @throws StalewartError CONFIG */
function timeOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = parseNumber(text);
  if (value === undefined || !Number.isFinite(value) || value < 0)
    throw configError(flag, value ?? text, 'a time of at least 0');
  return value;
}
