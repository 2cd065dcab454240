/**
 * `stalewart doctor`: what works here, and the mend for what does not. It always exits with 0: a missing part is a
 * finding, not a failure of this command.
 */
import { Command } from 'commander';
import pc from 'picocolors';
import { parseNatsServers } from '../config/nats-servers.js';
import { commandLineOrigin, inWordsOf } from '../config/origin.js';
import { StalewartError } from '../errors.js';
import type { Check } from './doctor/check.js';
import type { ProgramContext } from './program.js';

interface DoctorOptions {
  readonly nats?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

export function doctorCommand(context: ProgramContext): Command {
  return new Command('doctor')
    .summary('say what works here, and the mend for what does not')
    .description('Look at Node, the machine, the compute backends, NATS and the data cache.')
    .option('--nats <URL>', 'also see whether these NATS servers answer')
    .option(
      '--data-dir <DIR>',
      'folder of the data cache (default: STALEWART_DATA, else a cache folder of the user)',
    )
    .option('--json', 'print the findings as JSON')
    .action(async (options: DoctorOptions) => {
      const checks = await checkEverything(options);
      context.writeOut(
        options.json === true ? `${JSON.stringify(checks, null, 2)}\n` : formatChecks(checks, context.colour),
      );
    });
}

async function checkEverything({ nats, dataDir }: DoctorOptions): Promise<readonly Check[]> {
  const servers = nats === undefined ? [] : serversFrom(nats);
  const [machine, natsChecks, backends, datasets] = await Promise.all([
    import('./doctor/machine.js'),
    import('./doctor/nats.js'),
    import('./doctor/backends.js'),
    import('./doctor/datasets.js'),
  ]);
  return [
    ...machine.checkMachine(machine.thisMachine()),
    ...(await backends.checkBackends()),
    await natsChecks.checkProgram(process.env),
    ...(await natsChecks.checkServers(servers)),
    ...(await datasets.checkDatasets(dataDir)),
  ];
}

function serversFrom(text: string): readonly string[] {
  try {
    return parseNatsServers(text);
  } catch (error) {
    const origin = commandLineOrigin(new Set(['nats']), null);
    throw error instanceof StalewartError ? inWordsOf(origin, error) : error;
  }
}

/** A line per check, with its mend under it where it does not work. */
export function formatChecks(checks: readonly Check[], colour: boolean): string {
  const { dim, green, yellow } = pc.createColors(colour);
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok, detail, mend }) => [
    `${ok ? green('ok  ') : yellow('no  ')} ${name.padEnd(width)}  ${detail}`,
    ...(mend === null ? [] : [`     ${' '.repeat(width)}  ${dim(mend)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
