/** The server of a run on its own: its workers live in other processes, which find it by the run's name on NATS. */
import { configError } from '../errors.js';
import type { Run } from './run.js';
import { ownResources } from './run-resources.js';
import { startRun } from './train.js';
import type { TrainEnvironment } from './train-environment.js';
import { type ResolvedTrainOptions, resolveTrainOptions, type TrainOptions } from './train-options.js';

/**
 * Starts the server of a run. Returns at once, as `train` does; rounds begin when workers have joined (`work`, or `stalewart worker`),
 * and a run that no worker is left of waits for others. Its time limit counts from the first assignment.
 *
 * @param options as for `train`; `nats` and `run` must be given
 * @throws StalewartError CONFIG: one line per wrong setting
 */
export function serve(options: TrainOptions, environment: TrainEnvironment = {}): Run {
  return startServer(resolveTrainOptions(options, environment.origin), environment);
}

/** The same for whoever has resolved the options already. */
export function startServer(resolved: ResolvedTrainOptions, environment: TrainEnvironment = {}): Run {
  const { nats, run, processes } = resolved.config;
  const nameOf = environment.origin?.nameOf ?? ((name: string) => name);
  if (nats === null) {
    throw configError(nameOf('nats'), 'none', 'the address of NATS servers: workers find the server there');
  }
  if (run === null) throw configError(nameOf('run'), 'none', 'a name: workers find the server by it');
  if (processes !== null) {
    throw configError(
      nameOf('processes'),
      processes,
      'none for a server (start workers with stalewart worker)',
    );
  }
  return startRun(resolved, environment, ownResources, 'elsewhere');
}
