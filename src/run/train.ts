/**
 * `train`: a live run from its options to its summary. The parts are brought together in the order in which they can fail
 * and taken down in the reverse order, however the run ends. Whatever was learnt is saved, also by a run that failed.
 */
import { randomBytes } from 'node:crypto';
import { Subject } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import { systemClock } from '../clock/clock.js';
import { saveModel } from '../compute/save-model.js';
import { describeFleet } from '../stragglers/task-times.js';
import type {
  EvaluationRecord,
  FailureRecord,
  RestartRecord,
  RoundRecord,
  WorkerStatus,
} from '../telemetry/run-events.js';
import type { Summary } from '../telemetry/summary.js';
import { Closers } from './closers.js';
import { describe } from './describe.js';
import { FleetStatus } from './fleet-status.js';
import type { LiveRun } from './live-run.js';
import { type Parts, prepareParts } from './parts.js';
import { Recorder } from './recorder.js';
import type { Notice, Run, RunInfo } from './run.js';
import type { TrainEnvironment } from './train-environment.js';
import { type ResolvedTrainOptions, resolveTrainOptions, type TrainOptions } from './train-options.js';
import { startTraining } from './training.js';

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

/** `train` for whoever has resolved the options already. */
export function startRun(resolved: ResolvedTrainOptions, environment: TrainEnvironment = {}): Run {
  return new TrainRun(resolved, environment);
}

class TrainRun implements Run {
  readonly id: string;
  readonly rounds$ = new Subject<RoundRecord>();
  readonly evaluations$ = new Subject<EvaluationRecord>();
  readonly restarts$ = new Subject<RestartRecord>();
  readonly failures$ = new Subject<FailureRecord>();
  readonly steps$ = new Subject<EngineStep>();
  readonly notices$ = new Subject<Notice>();
  readonly ready: Promise<RunInfo>;
  readonly done: Promise<Summary>;
  readonly #resolved: ResolvedTrainOptions;
  readonly #closers = new Closers();
  readonly #fleet: FleetStatus;
  readonly #breakOff = new AbortController();
  #live: LiveRun | null = null;
  #summary: Summary | null = null;
  #now: () => number = () => 0;
  /** The user's stop, which may come before there is anything to stop. */
  #stop: 'finish-round' | 'now' | null = null;

  constructor(resolved: ResolvedTrainOptions, environment: TrainEnvironment) {
    this.#resolved = resolved;
    this.#fleet = new FleetStatus(resolved.config.workers);
    this.id = resolved.config.run ?? newRunId(resolved.policy.name);
    const prepared = this.#prepare(environment);
    this.ready = prepared.then(({ info }) => info);
    // Whoever wants to know awaits `ready` or `done`; an unheard `ready` must not end the process.
    this.ready.catch(() => undefined);
    this.done = this.#toTheEnd(prepared);
  }

  stop(when: 'finish-round' | 'now' = 'finish-round'): Promise<Summary> {
    this.#stop = when;
    this.#breakOff.abort();
    this.#live?.stop(when, 'stopped by the user');
    return this.done;
  }

  crash(worker: number): Promise<boolean> {
    return this.#live?.crash(worker) ?? Promise.resolve(false);
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

  async #prepare(environment: TrainEnvironment): Promise<{ readonly parts: Parts; readonly info: RunInfo }> {
    const { config, policy } = this.#resolved;
    const parts = await prepareParts(
      this.id,
      this.#resolved,
      { ...environment, signal: this.#breakOff.signal },
      this.#closers,
    );
    const { compute, dataset, directory, taskTimes, transport } = parts;
    await directory?.writeConfig(config);
    const info: RunInfo = {
      id: this.id,
      config,
      policy: policy.name,
      model: { name: compute.model.name, parameterCount: compute.model.parameterCount },
      dataset: { name: dataset.name, trainSize: dataset.train.size, testSize: dataset.test.size },
      backend: compute.backend,
      backendReason: compute.backendReason,
      threads: compute.threads,
      transport: transport.name,
      fleet: describeFleet(taskTimes),
      paths: directory?.paths ?? null,
      writeLog: directory === null ? null : (line) => void directory.log(line),
    };
    return { parts, info };
  }

  async #toTheEnd(prepared: Promise<{ readonly parts: Parts }>): Promise<Summary> {
    try {
      const { parts } = await prepared;
      return await this.#carryOut(parts);
    } finally {
      await this.#end();
    }
  }

  async #carryOut(parts: Parts): Promise<Summary> {
    const { directory, store, transport } = parts;
    const { config, policy } = this.#resolved;
    const { seed, workers } = config;
    const recorder = new Recorder(this, directory, { policy: policy.name, seed, workers });
    directory?.errors$.subscribe(({ message }) => this.#notice('error', message));
    transport.status$.subscribe((status) => {
      if (status.type === 'disconnected') this.#notice('warn', `connection lost: ${status.detail}`);
      if (status.type === 'connected') this.#notice('info', `connected: ${status.detail}`);
      if (status.type === 'refused-message') this.#notice('warn', `message refused: ${status.detail}`);
      if (status.type === 'dropped-message') this.#notice('warn', `message dropped: ${status.detail}`);
      if (status.type === 'warning') this.#notice('warn', status.detail);
    });
    const clock = systemClock();
    this.#now = clock.now;
    const training = await startTraining({
      run: this.id,
      config,
      parts,
      clock,
      recorder,
      fleet: this.#fleet,
      notice: (level, message) => this.#notice(level, message),
    });
    this.#live = training.live;
    this.#closers.add(() => training.live.close());
    if (this.#stop !== null) training.live.stop(this.#stop, 'stopped by the user');
    const { reason, error, wallSeconds } = await training.ended;
    await training.live.close();
    const { lastRound } = recorder;
    if (lastRound !== null) {
      await training.evaluator.final(lastRound, store.current());
      if (directory !== null) await this.#saveModel(parts, directory.modelDirectory);
    }
    const status = error !== null ? 'failed' : this.#stop !== null ? 'stopped' : 'finished';
    const failure = error?.message ?? null;
    const weightsSha256 = store.sha256();
    const summary = recorder.summary({ status, reason, failure, weightsSha256, wallSeconds });
    this.#summary = summary;
    await directory?.writeSummary(summary);
    if (error !== null) throw error;
    return summary;
  }

  async #saveModel({ compute, dataset, store }: Parts, directory: string): Promise<void> {
    await saveModel(directory, compute.model, store.current(), dataset);
  }

  #notice(level: Notice['level'], message: string): void {
    this.notices$.next({ level, message });
  }

  async #end(): Promise<void> {
    await this.#closers.close((error) => this.#notice('error', `closing failed: ${describe(error)}`));
    const streams = [
      this.rounds$,
      this.evaluations$,
      this.restarts$,
      this.failures$,
      this.steps$,
      this.notices$,
    ];
    for (const stream of streams) stream.complete();
  }
}

/** Names the policy and the moment, with a few random letters so that two runs begun together differ. */
function newRunId(policy: string): string {
  const moment = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const safe = policy.replaceAll(/[^A-Za-z0-9_-]/g, '-');
  return `${safe}-${moment}-${randomBytes(2).toString('hex')}`;
}
