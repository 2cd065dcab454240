/** `stalewart worker`: a process of workers for a run whose server is elsewhere. It needs to know how to reach NATS, no more. */
import { Command, Option } from 'commander';
import { backendChoices } from '../compute/backend.js';
import { engineChoices } from '../compute/engine-choice.js';
import { parseNatsServers } from '../config/nats-servers.js';
import { renamed } from '../config/origin.js';
import { parseNumber } from '../config/parse-number.js';
import { configError, StalewartError } from '../errors.js';
import type { WorkOptions } from '../run/work.js';
import { exitCodesHelp } from './exit-codes-help.js';
import type { ProgramContext } from './program.js';

/** @returns the exit code. A StalewartError that it throws is shown in the words of the command line. */
export type RunWork = (options: WorkOptions) => Promise<number>;

const numbers = new Set(['slots', 'threads', 'patience']);

export function workerCommand(context: ProgramContext, runWork: RunWork): Command {
  const command = new Command('worker')
    .summary('workers for a run whose server is elsewhere')
    .description(
      'Host workers of a run. Settings, data and model are told by its server (stalewart server), which gives the workers their ' +
        'numbers; start them in any order. SIGTERM and Ctrl-C take leave of the server. The program ends with the run.',
    )
    .option('--nats <URL>', 'NATS servers of the run, several separated by commas')
    .option('--run <ID>', 'name of the run')
    .option(
      '--nats-credentials <DIR>',
      'folder of the credentials with which NATS is used, as stalewart keys made it for this process',
    )
    .option('--slots <N>', 'workers to host (default: 1)')
    .option(
      '--name <NAME>',
      'of this process; back under it, it gets the same workers (default: host and random letters)',
    )
    .option('--threads <N>', 'compute threads (default: one per core)')
    .addOption(new Option('--backend <NAME>', 'what computes (default: auto)').choices(backendChoices))
    .addOption(
      new Option('--engine <NAME>', 'what carries out training steps (default: auto)').choices(engineChoices),
    )
    .option(
      '--data-dir <DIR>',
      'folder of the data cache (default: STALEWART_DATA, else a cache folder of the user)',
    )
    .option('--modules <DIR>', 'folder of model and data set modules that the run names (default: .)')
    .option('--patience <SECONDS>', 'how long to wait for a server that is not there (default: 60)')
    .addHelpText('after', exitCodesHelp);
  return command.action(async (given: Record<string, string>) => {
    try {
      context.exitCode = await runWork(workOptions(given));
    } catch (error) {
      throw error instanceof StalewartError ? inFlags(command, error) : error;
    }
  });
}

/** An error about one of the flags names it as such; model and data set, which the server decided, are no flags of this command. */
function inFlags({ options }: Command, error: StalewartError): StalewartError {
  const flag = options.find((option) => option.attributeName() === error.field)?.long;
  return flag == null ? error : renamed(error, flag);
}

/** @throws StalewartError CONFIG */
function workOptions({ nats, run, ...rest }: Readonly<Record<string, string>>): WorkOptions {
  if (nats === undefined) throw configError('nats', 'none', 'the address of the NATS servers of the run');
  if (run === undefined) throw configError('run', 'none', 'the name that the server was given');
  const others = Object.entries(rest).map(([name, text]) => [
    name,
    numbers.has(name) ? (parseNumber(text) ?? text) : text,
  ]);
  // What is no number, or out of range, is refused by `work`.
  return {
    nats: parseNatsServers(nats),
    run,
    ...(Object.fromEntries(others) as Omit<WorkOptions, 'nats' | 'run'>),
  };
}
