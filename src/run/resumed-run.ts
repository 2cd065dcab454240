/**
 * A run that is gone on with: its folder, which one process at a time works in, and its newest intact checkpoint. Nothing in the
 * folder is changed before everything that can be refused has been looked at.
 */
import { rm } from 'node:fs/promises';
import type { Checkpoint, RunIdentity } from '../checkpoint/checkpoint.js';
import type { CheckpointStore } from '../checkpoint/checkpoint-store.js';
import { newestIntact, type PassedOver } from '../checkpoint/newest-intact.js';
import { restoreWeights, sharedWeights } from '../checkpoint/stored-weights.js';
import type { ParameterStore } from '../compute/parameter-store.js';
import type { TrainConfig } from '../config/resolve.js';
import { configError, oneLineOf, shownValue, StalewartError } from '../errors.js';
import { lockFolder } from '../files/folder-lock.js';
import { type CutFiles, cutFiles } from '../telemetry/cut-files.js';
import type { EvaluationRow } from '../telemetry/csv-tables.js';
import { readOutcome } from '../telemetry/read-run.js';
import { createRunDirectory, lockName, type RunDirectory } from '../telemetry/run-directory.js';
import { runPaths } from '../telemetry/run-files.js';
import type { Closers } from './closers.js';
import { openCheckpoints } from './open-checkpoints.js';
import { identityDifference } from './run-identity.js';

export interface ResumedRun {
  readonly directory: string;
  readonly store: CheckpointStore;
  readonly checkpoint: Checkpoint;
  /** Its weights by name, ready for compute threads. */
  readonly weights: (name: string) => Float32Array;
  readonly passedOver: readonly PassedOver[];
}

/**
 * @param config as it is now
 * @param warn told of each checkpoint that cannot be read
 * @throws StalewartError OUTPUT if somebody works in the folder or it has no intact checkpoint; CONFIG if nothing would be left to do
 */
export async function openResumedRun(
  directory: string,
  config: TrainConfig,
  closers: Closers,
  warn: (message: string) => void,
): Promise<ResumedRun> {
  const release = await lockFolder(directory, lockName, 'resume').catch((cause: unknown) => {
    if (cause instanceof StalewartError) throw cause;
    throw refusal(directory, `it cannot be written (${oneLineOf(cause)})`, cause);
  });
  closers.add(release);
  const store = await openCheckpoints(config, directory, config.run ?? '');
  closers.add(() => store.close());
  const { found, passedOver } = await newestIntact(store);
  for (const { stored, problem } of passedOver) {
    warn(`the checkpoint ${stored.name} in ${store.place} is passed over: ${problem}`);
  }
  if (found === null) {
    const why = passedOver.length === 0 ? 'it has none' : 'none of its checkpoints can be read';
    throw refusal(directory, `${why}; begin the run anew in another folder`);
  }
  const { checkpoint } = found;
  await checkEnd(directory, config, checkpoint);
  return { directory, store, checkpoint, weights: sharedWeights(checkpoint.vectors), passedOver };
}

/**
 * Gives the store the checkpoint's weights.
 * @throws StalewartError OUTPUT if the checkpoint is of another run, or of another model
 */
export function restoreParameters(
  { directory, checkpoint: { state, vectors }, weights }: ResumedRun,
  identity: RunIdentity,
  store: ParameterStore,
): void {
  const difference = identityDifference(state.identity, identity);
  if (difference !== null) throw refusal(directory, `its checkpoint is of another run: ${difference}`);
  if (state.weights === null) return;
  try {
    store.restore(restoreWeights(state.weights, state.version, vectors, weights));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw refusal(directory, `its checkpoint is of another run: ${cause.message}`, cause);
  }
}

export interface ContinuedDirectory {
  readonly directory: RunDirectory;
  /** Rows that came after the checkpoint and are of its versions. */
  readonly laterEvaluations: readonly EvaluationRow[];
}

/** Makes the run's files end where the checkpoint does, and opens them. @throws StalewartError OUTPUT if that cannot be done */
export async function continueDirectory(
  { directory, checkpoint: { state }, passedOver, store }: ResumedRun,
  warn: (message: string) => void,
): Promise<ContinuedDirectory> {
  const { files } = state.records;
  if (files === null) throw refusal(directory, 'its checkpoint is of a run that wrote no files');
  const paths = runPaths(directory);
  // Simulated, all evaluations of the checkpoint's versions were in the file when it was made.
  const isLive = state.simulation === null;
  const keeps = ({ version, time }: EvaluationRow): boolean =>
    isLive && version <= state.version && time <= state.time;
  const { lengths, laterEvaluations, gaps }: CutFiles = await cutFiles(paths, files, keeps);
  for (const gap of gaps) warn(gap);
  for (const { stored } of passedOver) await store.setAside(stored.name);
  await rm(paths.summary, { force: true });
  const { run } = state.identity;
  return {
    directory: await createRunDirectory(directory, { runId: run, goesOnFrom: lengths }),
    laterEvaluations,
  };
}

async function checkEnd(directory: string, config: TrainConfig, { state }: Checkpoint): Promise<void> {
  const { rounds, time } = config;
  const { version } = state;
  const finished = (await readOutcome(directory))?.summary?.status === 'finished';
  if (rounds !== null && (rounds < version || (finished && rounds === version))) {
    throw configError(
      'rounds',
      rounds,
      `more than ${version}, which the run in ${directory} has closed already`,
    );
  }
  if (time !== null && time < state.time) {
    throw configError('time', time, `more than ${state.time}, the time of the run in ${directory} so far`);
  }
}

function refusal(directory: string, why: string, cause?: unknown): StalewartError {
  const allowed = 'the folder of a run with checkpoints';
  const message = `resume is ${shownValue(directory)}: it must be ${allowed}, and ${why}`;
  return new StalewartError('OUTPUT', message, {
    field: 'resume',
    value: directory,
    allowed,
    ...(cause === undefined ? {} : { cause }),
  });
}
