/** `stalewart server [config.yaml]`: the server of a run whose workers come from elsewhere. */
import type { Command } from 'commander';
import type { ProgramContext } from './program.js';
import { type RunTrain, runCommand } from './train.js';

export function serverCommand(context: ProgramContext, runTrain: RunTrain): Command {
  return runCommand({ mode: 'live', role: 'server', context, runTrain })
    .name('server')
    .summary('the server of a run whose workers are started elsewhere')
    .description(
      'Lead a run: workers on any machine join it by its name (stalewart worker --nats URL --run ID), in any order, and come and ' +
        'go while it lasts. --nats and --run must be given; all other settings, the time limit from the first assignment, and ' +
        'the run directory are as for train.',
    );
}
