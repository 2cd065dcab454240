/** What a run whose workers live in other processes needs beside its other parts. */
import { availableParallelism } from 'node:os';
import type { ProcessRecord } from '../../actors/lobby/lobby-actor.js';
import type { WelcomeMessage } from '../../protocols/wire/lobby-messages.js';
import { forkProcess } from '../processes/fork-process.js';
import type { OwnProcess, OwnProcessFailure } from './lobby-workers.js';
import type { Parts } from './parts.js';
import { datasetSha256, describeContent, modelSha256 } from './same-content.js';
import type { ResolvedTrainOptions } from './train-options.js';
import { workerConfigOf } from './worker-config.js';

export interface LobbyPlan {
  /** Drawn at random by this program. */
  readonly server: string;
  readonly facts: Pick<WelcomeMessage, 'config' | 'model' | 'dataset'>;
  readonly ownProcesses: readonly OwnProcess[];
  readonly told: (record: ProcessRecord) => void;
  readonly failed: (failure: OwnProcessFailure) => void;
}

/** @throws StalewartError CONFIG if other processes cannot have the model or the data set */
export async function lobbyFacts(
  { config, model, dataset }: ResolvedTrainOptions,
  parts: Pick<Parts, 'compute' | 'dataset'>,
): Promise<LobbyPlan['facts']> {
  const facts = {
    model: await describeContent('model', model, modelSha256(parts.compute.model)),
    dataset: await describeContent('dataset', dataset, datasetSha256(parts.dataset)),
  };
  const names = { model: facts.model.name, dataset: facts.dataset.name };
  return { ...facts, config: workerConfigOf({ ...config, ...names }) };
}

const workChild = new URL('./work-child.js', import.meta.url);

/** The processes that a run starts itself; its workers and threads are spread over them. */
export function ownProcesses(
  run: string,
  { config }: Pick<ResolvedTrainOptions, 'config'>,
  nats: readonly string[],
  log: (process: string, line: string) => void,
): readonly OwnProcess[] {
  const { processes, workers, threads, backend, engine, dataDir } = config;
  if (processes === null) return [];
  return Array.from({ length: processes }, (_, index): OwnProcess => {
    const process = `own-${index + 1}`;
    const share = (whole: number): number => Math.floor((whole + processes - 1 - index) / processes);
    const job = {
      nats,
      run,
      name: process,
      slots: share(workers),
      threads: Math.max(1, share(Math.max(threads, Math.min(processes, availableParallelism())))),
      backend,
      engine,
      // This process has just read the same file, whole.
      checkCache: false,
      ...(dataDir === null ? {} : { dataDir }),
    };
    return {
      process,
      start() {
        const child = forkProcess(workChild, job, (line) => log(process, line));
        log(process, `started, pid ${child.pid}`);
        return child;
      },
    };
  });
}
