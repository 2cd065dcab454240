/**
 * A run from its options to its summary: `train` live, `simulate` in simulated time. The parts are brought together in the order in which they can fail
 * and taken down in the reverse order, however the run ends. Whatever was learnt is saved, also by a run that failed.
 */
import { randomBytes } from 'node:crypto';
import { type Observable, Subject } from 'rxjs';
import type { ProcessRecord } from '../../actors/lobby/lobby-actor.js';
import type { EngineStep } from '../../protocols/sync/events.js';
import { AskError } from '../../actors/supervision.js';
import { laterClock, systemClock } from '../clock/clock.js';
import { saveModel } from '../compute/save-model.js';
import { settingsOfMode } from '../config/settings.js';
import { withoutCredentials } from '../config/without-credentials.js';
import { oneLineOf, StalewartError } from '../errors.js';
import { describeFleet } from '../stragglers/task-times.js';
import { computeUsed } from '../telemetry/compute-used.js';
import type {
  EvaluationRecord,
  FailureRecord,
  RestartRecord,
  RoundRecord,
  WorkerStatus,
} from '../telemetry/run-events.js';
import type { Transport } from '../transport/transport.js';
import type { RunDirectory } from '../telemetry/run-directory.js';
import type { Summary } from '../telemetry/summary.js';
import { Checkpointer } from './checkpointer.js';
import { Closers } from './closers.js';
import { FleetStatus } from './fleet-status.js';
import { type LobbyPlan, lobbyFacts, ownProcesses } from './lobby-plan.js';
import { processText } from './lobby-workers.js';
import { type Parts, prepareParts } from './parts.js';
import { publishEvents } from './publish-events.js';
import { Recorder, type RecordStreams } from './recorder.js';
import type { Notice, Run, RunInfo } from './run.js';
import type { TrainEnvironment } from './train-environment.js';
import { type ResolvedTrainOptions, resolveTrainOptions, type TrainOptions } from './train-options.js';
import { throttledNotice } from './throttled-notice.js';
import { ownResources, type RunResources } from './run-resources.js';
import { startSimulation } from './simulated-training.js';
import { firstEpoch, startTraining, stoppedByUser, type Training } from './training.js';
import { assertNobodyLeads, newServerToken } from './who-leads.js';

/**
 * Starts a live run: server and workers in this process. Returns at once; what happens is told by the run's streams.
 *
 * @param options every setting by its name, see `TrainOptions`
 * @param environment how a front end wants to be told about preparations, and how errors name a setting
 * @throws StalewartError CONFIG: one line per wrong setting
 * @example
 * const run = train({ policy: 'abs', workers: 10, targetAccuracy: 0.5 });
 * run.rounds$.subscribe(({ version, waitCount, loss }) => console.log(version, waitCount, loss));
 * const summary = await run.done;
 */
export function train(options: TrainOptions = {}, environment: TrainEnvironment = {}): Run {
  return startRun(resolveTrainOptions(options, environment.origin), environment);
}

/**
 * The same run in simulated time: the same round engine, policies, model, data and gradients, only that workers take the times
 * that the straggler law draws (virtual units) and the clock jumps from event to event. Settings that only a live run has are
 * passed over. The outcome depends on the options alone, not on the machine or the number of threads.
 *
 * @param options as for `train`; `straggler` is `exponential` by default
 * @throws StalewartError CONFIG: one line per wrong setting
 */
export function simulate(options: TrainOptions = {}, environment: TrainEnvironment = {}): Run {
  return startRun(resolveTrainOptions(options, environment.origin, 'simulated'), environment);
}

/** `train` or `simulate` for whoever has resolved the options already. */
export function startRun(
  resolved: ResolvedTrainOptions,
  environment: TrainEnvironment = {},
  resources: RunResources = ownResources,
  workersLive: WorkersLive = resolved.config.processes === null ? 'here' : 'elsewhere',
): Run {
  return new TrainRun(resolved, environment, resources, workersLive);
}

/** Beside their server, or in other processes. */
type WorkersLive = 'here' | 'elsewhere';

class TrainRun implements Run {
  readonly id: string;
  readonly #streams = {
    rounds$: new Subject<RoundRecord>(),
    evaluations$: new Subject<EvaluationRecord>(),
    restarts$: new Subject<RestartRecord>(),
    failures$: new Subject<FailureRecord>(),
    steps$: new Subject<EngineStep>(),
  } satisfies RecordStreams;
  readonly #notices$ = new Subject<Notice>();
  readonly rounds$: Observable<RoundRecord> = this.#streams.rounds$.asObservable();
  readonly evaluations$: Observable<EvaluationRecord> = this.#streams.evaluations$.asObservable();
  readonly restarts$: Observable<RestartRecord> = this.#streams.restarts$.asObservable();
  readonly failures$: Observable<FailureRecord> = this.#streams.failures$.asObservable();
  readonly steps$: Observable<EngineStep> = this.#streams.steps$.asObservable();
  readonly notices$: Observable<Notice> = this.#notices$.asObservable();
  readonly ready: Promise<RunInfo>;
  readonly done: Promise<Summary>;
  readonly #resolved: ResolvedTrainOptions;
  readonly #closers = new Closers();
  readonly #workersLive: WorkersLive;
  /** By which this program knows itself among servers. */
  readonly #token = newServerToken();
  readonly #processes$ = new Subject<ProcessRecord>();
  readonly #fleet: FleetStatus;
  /** Aborted by the user's stop; heeded until training starts. */
  readonly #breakOff = new AbortController();
  #training: Training | null = null;
  #summary: Summary | null = null;
  #savedModel: string | null = null;
  #now: () => number = () => 0;
  /** The user's stop, which may come before there is anything to stop. */
  #stop: 'finish-round' | 'now' | null = null;

  constructor(
    resolved: ResolvedTrainOptions,
    environment: TrainEnvironment,
    resources: RunResources,
    workersLive: WorkersLive,
  ) {
    this.#resolved = resolved;
    this.#workersLive = workersLive;
    this.#fleet = new FleetStatus(resolved.config.workers);
    this.id = resolved.config.run ?? newRunId(resolved.policy.name);
    const prepared = this.#prepare(environment, resources);
    this.ready = prepared.then(({ info }) => info);
    // Whoever wants to know awaits `ready` or `done`; an unheard `ready` must not end the process.
    this.ready.catch(() => undefined);
    this.done = this.#toTheEnd(prepared);
    if (environment.signal !== undefined) this.#stopOn(environment.signal);
  }

  stop(when: 'finish-round' | 'now' = 'finish-round'): Promise<Summary> {
    if (this.#stop !== 'now') this.#stop = when;
    this.#breakOff.abort(new StalewartError('STOPPED', 'the run was stopped before it began to train'));
    this.#training?.control.stop(when, stoppedByUser);
    if (when === 'now') this.#training?.evaluator.skip();
    return this.done;
  }

  async crash(worker: number): Promise<boolean> {
    if (this.#training === null || this.#summary !== null) return false;
    try {
      return await this.#training.control.crash(worker);
    } catch (error) {
      // The actors are gone.
      if (error instanceof AskError) return false;
      throw error;
    }
  }

  savedModel(): string | null {
    return this.#savedModel;
  }

  workers(): readonly WorkerStatus[] {
    return this.#fleet.workers();
  }

  summary(): Summary | null {
    return this.#summary;
  }

  time(): number {
    return this.#now();
  }

  /** Stops the run when the signal aborts. */
  #stopOn(signal: AbortSignal): void {
    // How it ends is heard from `done`.
    const stop = (): void => void this.stop().catch(() => undefined);
    signal.addEventListener('abort', stop);
    this.#closers.add(async () => signal.removeEventListener('abort', stop));
    if (signal.aborted) stop();
  }

  async #prepare(
    { onFetchProgress }: TrainEnvironment,
    resources: RunResources,
  ): Promise<{ parts: Parts; info: RunInfo }> {
    const { policy } = this.#resolved;
    const { signal } = this.#breakOff;
    const preparation = {
      onFetchProgress,
      signal,
      warn: (message: string) => this.#notice('warn', message),
      workersLive: this.#workersLive,
      onTransport: (transport: Transport) =>
        this.#workersLive === 'here'
          ? Promise.resolve()
          : assertNobodyLeads(this.id, this.#token, transport, systemClock()),
    };
    const parts = await prepareParts(this.id, this.#resolved, preparation, this.#closers, resources).catch(
      (error) => {
        // Broken off: whatever else went wrong on the way is of no interest any more.
        signal.throwIfAborted();
        throw error;
      },
    );
    const config = withoutCredentials(this.#resolved.config);
    const { compute, dataset, directory, taskTimes, transport } = parts;
    const { mode } = this.#resolved;
    const used = computeUsed(compute);
    await directory?.writeConfig({ mode, ...settingsOfMode(config, mode), used });
    const info: RunInfo = {
      id: this.id,
      config,
      policy: policy.name,
      model: { name: compute.model.name, parameterCount: compute.model.parameterCount },
      dataset: { name: dataset.name, trainSize: dataset.train.size, testSize: dataset.test.size },
      ...used,
      transport: transport?.name ?? 'simulated',
      fleet: describeFleet(taskTimes),
      paths: directory?.paths ?? null,
      writeLog: directory === null ? null : (line) => void directory.log(line),
    };
    return { parts, info };
  }

  async #toTheEnd(prepared: Promise<{ readonly parts: Parts }>): Promise<Summary> {
    try {
      const { parts } = await prepared;
      const summary = await this.#carryOut(parts);
      this.#notice('debug', `${summary.status}: ${summary.reason}`);
      return summary;
    } catch (error) {
      this.#notice('debug', `failed: ${oneLineOf(error)}`);
      throw error;
    } finally {
      await this.#end();
    }
  }

  async #carryOut(parts: Parts): Promise<Summary> {
    const { directory, store } = parts;
    const { config, policy } = this.#resolved;
    const { seed, workers, compute } = config;
    this.#breakOff.signal.throwIfAborted();
    const used = computeUsed(parts.compute);
    const options = { policy: policy.name, seed, workers, compute, used };
    const before = parts.resumed?.checkpoint.state ?? null;
    const recorder = new Recorder(this.#streams, directory, options, before?.records);
    this.#recall(parts, recorder);
    this.#tellTrouble(parts);
    const lobby = this.#workersLive === 'here' ? null : await this.#lobby(parts);
    const checkpointer = this.#checkpointer(parts);
    const start = this.#resolved.mode === 'live' ? startTraining : startSimulation;
    const training = await start({
      run: this.id,
      config,
      parts,
      clock: before === null ? systemClock() : laterClock(systemClock(), before.time),
      recorder,
      checkpointer,
      fleet: this.#fleet,
      lobby,
      notice: (level, message) => this.#notice(level, message),
    });
    this.#training = training;
    this.#now = () => training.now();
    this.#closers.add(() => training.control.close());
    if (this.#stop !== null) training.control.stop(this.#stop, stoppedByUser);
    if (this.#stop === 'now') training.evaluator.skip();
    const ended = await training.ended;
    const { reason, wallSeconds } = ended;
    const time = training.now();
    await training.control.close();
    await checkpointer?.idle();
    const { lastRound } = recorder;
    const stopped = reason.startsWith(stoppedByUser);
    const nothing = ended.error === null && lastRound === null && !stopped;
    const error = nothing ? noRoundClosed(reason, this.#resolved) : ended.error;
    const trained = compute === 'gradients' && lastRound !== null;
    if (trained) await training.evaluator.final(lastRound, store.current());
    const status = error !== null ? 'failed' : stopped ? 'stopped' : 'finished';
    const failure = error?.message ?? null;
    const weightsSha256 = compute === 'none' ? null : store.sha256();
    const summary = recorder.summary({ status, reason, failure, weightsSha256, wallSeconds, time });
    this.#summary = summary;
    const failures = error === null ? [] : [error];
    if (directory !== null) failures.push(...(await this.#write(parts, directory, summary, trained)));
    const saved = checkpointer?.savedVersion ?? null;
    if (status !== 'finished' && saved !== null && directory !== null) {
      const command = this.#resolved.mode === 'live' ? 'train' : 'simulate';
      const mend = `stalewart ${command} --resume ${directory.paths.directory}`;
      this.#notice('info', `it can be gone on with from version ${saved}: ${mend}`);
    }
    const [first, ...others] = failures;
    for (const other of others) this.#notice('error', other.message);
    if (first !== undefined) throw first;
    return summary;
  }

  /** What workers in other processes need, those processes that the run starts itself among it. */
  async #lobby(parts: Parts): Promise<LobbyPlan> {
    const { transport, nats } = parts;
    if (transport !== null) {
      publishEvents(this.id, firstEpoch, transport, { ...this.#streams, processes$: this.#processes$ });
    }
    return {
      server: this.#token,
      facts: await lobbyFacts(this.#resolved, parts),
      ownProcesses: ownProcesses(this.id, this.#resolved, nats, (process, line) =>
        this.#notice('debug', `${process}: ${line}`),
      ),
      told: (record) => {
        const isTrouble = record.event === 'lost' || record.event === 'refused';
        this.#notice(isTrouble ? 'warn' : 'info', processText(record));
        this.#processes$.next(record);
      },
      failed: ({ process, reason, action, delaySeconds }) => {
        const next = action === 'restarting' ? `started again in ${delaySeconds.toFixed(1)} s` : 'given up';
        this.#notice('warn', `process ${process} ${reason}; ${next}`);
      },
    };
  }

  /** Null: there are none. */
  #checkpointer({ checkpoints, directory, resumed }: Parts): Checkpointer | null {
    const { checkpointEvery: every } = this.#resolved.config;
    if (checkpoints === null || directory === null || every === null) return null;
    return new Checkpointer({
      store: checkpoints,
      every,
      savedVersion: resumed?.checkpoint.state.version ?? null,
      syncRecord: () => directory.sync(),
      notice: (level, message) => this.#notice(level, message),
    });
  }

  /** What a resumed run knows beyond its checkpoint. */
  #recall({ resumed, dataset }: Parts, recorder: Recorder): void {
    if (resumed === null) return;
    const { version, time } = resumed.checkpoint.state;
    this.#notice(
      'info',
      `goes on from the checkpoint of version ${version}, at ${Number(time.toPrecision(6))}`,
    );
    const samples = Math.min(this.#resolved.config.evalSamples ?? Infinity, dataset.test.size);
    for (const row of resumed.laterEvaluations) recorder.recall({ ...row, samples });
  }

  /** Model and summary, each also where the other fails. Resolves with what failed. */
  async #write(
    { compute, dataset, store }: Parts,
    directory: RunDirectory,
    summary: Summary,
    withModel: boolean,
  ): Promise<StalewartError[]> {
    const failures: StalewartError[] = [];
    const attempt = async (path: string, write: () => Promise<void>): Promise<void> => {
      await write().catch((cause: unknown) => {
        const message = `${path} cannot be written: ${oneLineOf(cause)}`;
        failures.push(
          cause instanceof StalewartError ? cause : new StalewartError('WRITE', message, { cause }),
        );
      });
    };
    const { modelDirectory } = directory;
    if (withModel) {
      await attempt(modelDirectory, async () => {
        await saveModel(modelDirectory, compute.model, store.current(), dataset);
        this.#savedModel = modelDirectory;
      });
    }
    await attempt(directory.paths.summary, () => directory.writeSummary(summary));
    return failures;
  }

  /** Trouble with files and messages, which the run survives. */
  #tellTrouble({ directory, transport }: Parts): void {
    directory?.errors$.subscribe(({ message }) => this.#notice('error', message));
    const warn = (text: string): void => this.#notice('warn', text);
    const dropped = throttledNotice(systemClock(), warn, 'messages dropped');
    const refused = throttledNotice(systemClock(), warn, 'messages refused');
    transport?.status$.subscribe((status) => {
      if (status.type === 'disconnected') this.#notice('warn', `connection lost: ${status.detail}`);
      if (status.type === 'connected') this.#notice('info', `connected: ${status.detail}`);
      if (status.type === 'refused-message') refused.tell(`message refused: ${status.detail}`);
      if (status.type === 'dropped-message')
        dropped.tell(`message dropped on ${status.subject}: ${status.detail}`);
      if (status.type === 'warning') this.#notice('warn', status.detail);
    });
  }

  #notice(level: Notice['level'], message: string): void {
    this.#notices$.next({ level, message });
  }

  async #end(): Promise<void> {
    await this.#closers.close((error) => this.#notice('error', `closing failed: ${oneLineOf(error)}`));
    for (const stream of [...Object.values(this.#streams), this.#processes$, this.#notices$])
      stream.complete();
  }
}

function noRoundClosed(reason: string, { config: { time }, mode }: ResolvedTrainOptions): StalewartError {
  const limit = `${time} ${mode === 'live' ? 'seconds' : 'time units'}`;
  if (!reason.startsWith(limit)) return new StalewartError('COMPUTE', `no round was closed: ${reason}`);
  const mend = 'choose a longer time, or have the first round wait for fewer updates';
  return new StalewartError('NO_ROUND', `no round was closed in ${limit}: ${mend}`, {
    field: 'time',
    value: time,
  });
}

/** Names the policy and the moment, with a few random letters so that two runs begun together differ. */
function newRunId(policy: string): string {
  const moment = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const safe = policy.replaceAll(/[^A-Za-z0-9_-]/g, '-');
  return `${safe}-${moment}-${randomBytes(2).toString('hex')}`;
}
