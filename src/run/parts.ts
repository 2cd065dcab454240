/**
 * The parts of a run, made in the order in which they can fail: output folder, messages, data, model. Whatever is made
 * is handed to `closers` at once, so that a later failure leaves nothing behind.
 */
import type { EngineOptions } from '../../protocols/sync/round-engine.js';
import type { Compute } from '../compute/compute.js';
import { createCorrection } from '../compute/corrections/create-correction.js';
import { createParameterStore, type ParameterStore } from '../compute/parameter-store.js';
import { serverOptimizers } from '../compute/server-optimizers/registry.js';
import { untrainedRanges } from '../compute/untrained.js';
import type { Dataset } from '../data/dataset.js';
import type { FetchProgress } from '../data/fetch/fetch-progress.js';
import { makePartitions } from '../data/partitions/make-partitions.js';
import { parsePartition } from '../data/partitions/partition-spec.js';
import type { TrainConfig } from '../config/resolve.js';
import { startPrivateNats } from '../processes/private-nats.js';
import { createTaskTimes, type TaskTimes } from '../stragglers/task-times.js';
import { createRunDirectory, type RunDirectory } from '../telemetry/run-directory.js';
import { createLocalTransport } from '../transport/local-transport.js';
import { connectNatsTransport } from '../transport/nats-transport.js';
import type { Transport } from '../transport/transport.js';
import { whenAborted } from '../when-aborted.js';
import type { Closers } from './closers.js';
import type { RunResources } from './run-resources.js';
import { timingOnly } from './timing-only.js';
import type { ResolvedTrainOptions } from './train-options.js';

export interface Parts {
  /** Null: nothing is written. */
  readonly directory: RunDirectory | null;
  /** Null in simulated time. */
  readonly transport: Transport | null;
  /** Addresses of the NATS servers that it is connected to, credentials included; empty: messages stay in the process. */
  readonly nats: readonly string[];
  readonly dataset: Dataset;
  readonly compute: Compute;
  readonly store: ParameterStore;
  readonly taskTimes: TaskTimes;
  readonly engine: EngineOptions;
}

/** What a front end is told while the parts are made, and what breaks it off. */
export interface Preparation {
  readonly onFetchProgress: ((progress: FetchProgress) => void) | undefined;
  /** Aborted when the user stops the run. */
  readonly signal: AbortSignal;
  /** Told, in one line, of trouble that does not end the run. */
  readonly warn: (message: string) => void;
  /** Where the workers live. Default: here. */
  readonly workersLive?: 'here' | 'elsewhere';
  /** Told of the transport as soon as it is open; what it returns is waited for before the last part is made. Default: nobody. */
  readonly onTransport?: (transport: Transport) => Promise<void>;
}

/**
 * @param runId names the output folder where none is given
 * @throws StalewartError OUTPUT, SERVICE, DATA, CONFIG (batch larger than a partition), MODEL; the signal's reason as soon
 *   as the part that is being made is there (a download is broken off at once)
 */
export async function prepareParts(
  runId: string,
  resolved: ResolvedTrainOptions,
  { onFetchProgress, signal, warn, workersLive = 'here', onTransport }: Preparation,
  closers: Closers,
  { loadDataset, createCompute }: RunResources,
): Promise<Parts> {
  const { config, policy, model } = resolved;
  signal.throwIfAborted();
  const directory = resolved.out === null ? null : await createRunDirectory(resolved.out, { runId });
  if (directory !== null) closers.add(() => directory.abandon());
  signal.throwIfAborted();
  const nats = resolved.mode === 'live' ? await natsOf(config, closers) : [];
  const transport = resolved.mode === 'live' ? await openTransport(nats, runId) : null;
  if (transport !== null) closers.add(() => transport.close());
  signal.throwIfAborted();
  const transportReady = transport === null ? undefined : onTransport?.(transport);
  // Its error is heard below, however long the other parts take.
  transportReady?.catch(() => undefined);
  const loading = loadDataset(resolved.dataset, {
    seed: config.seed,
    signal,
    ...(config.dataDir === null ? {} : { dataDir: config.dataDir }),
    ...(onFetchProgress === undefined ? {} : { onProgress: onFetchProgress }),
  });
  // A module of the user's may take its time and knows no signal.
  const dataset = await Promise.race([loading, whenAborted(signal)]);
  const partitions = makePartitions(
    parsePartition(config.partition),
    dataset.train.labels,
    dataset.classes,
    config.workers,
    config.seed,
    config.batchSize,
  );
  const { batchSize, learningRate, seed, backend, localOptimizer } = config;
  const trains = config.compute === 'gradients';
  const pool = await createCompute({
    model,
    dataset,
    partitions,
    batchSize,
    learningRate,
    seed,
    // With workers of its own elsewhere on this machine, all that is left to do here is to evaluate.
    threads: trains && config.processes === null ? config.threads : 1,
    backend,
    localOptimizer,
    engine: config.engine,
    warn,
    signal,
  });
  closers.add(() => pool.close());
  signal.throwIfAborted();
  const compute = trains ? pool : await timingOnly(pool, batchSize);
  await transportReady;
  const { workers, straggler, slowdown, bursts } = config;
  const { initial } = compute.model;
  const { correction } = policy;
  return {
    directory,
    transport,
    nats,
    dataset,
    compute,
    store: createParameterStore(initial, {
      untrained: untrainedRanges(compute.model.weights),
      optimizer: serverOptimizers[config.serverOptimizer].create(config, initial.length),
      correction:
        correction === undefined ? null : createCorrection(correction, learningRate, initial.length),
    }),
    taskTimes: createTaskTimes(straggler, { workers, seed, slowdown, bursts }),
    engine: {
      policy,
      workers,
      localSteps: config.localSteps,
      maxRounds: config.rounds,
      skipNonFinite: config.skipNonFinite,
      roundDeadline: config.roundDeadline,
      staysWithoutWorkers: workersLive === 'elsewhere',
      whenShort: config.whenShort,
      repartition: config.repartition,
      // In a live run for the monitor and the journal; among many simulated workers it would be most of the work.
      stalenessVector: resolved.mode === 'live' || workers <= mostWorkersOfVector,
    },
  };
}

/** Processes of our own need NATS servers: where none are named, one for this run alone. */
async function natsOf({ nats, processes }: TrainConfig, closers: Closers): Promise<readonly string[]> {
  if (nats !== null) return nats;
  if (processes === null) return [];
  const server = await startPrivateNats();
  closers.add(() => server.close());
  return [server.url];
}

async function openTransport(nats: readonly string[], name: string): Promise<Transport> {
  return nats.length === 0 ? createLocalTransport() : connectNatsTransport({ url: nats, name });
}

/** Workers up to which the commits of a simulated run name τ_k of each. */
const mostWorkersOfVector = 1000;
