/**
 * The training proper: from the first assignment to the end of the last round. It connects a live run to the recorder, the
 * evaluator and the stop conditions, and says how it ended; it never rejects for a failure of training, since what was learnt
 * is to be saved all the same.
 */
import type { RunEnd } from '../../actors/lobby/lobby-actor.js';
import type { RunOutcome, ServerObserver } from '../../actors/server-actor.js';
import type { DeadLetter } from '../../actors/supervision.js';
import type { WorkerFailure } from '../../actors/worker-fleet.js';
import type { EngineStep } from '../../protocols/sync/events.js';
import { PolicyError } from '../../protocols/sync/checked-policy.js';
import type { CancelTimer, Clock } from '../clock/clock.js';
import type { TrainConfig } from '../config/resolve.js';
import { deferred } from '../deferred.js';
import { oneLineOf, StalewartError } from '../errors.js';
import type { SimulationOutcome } from '../simulator/simulation.js';
import type { Transport } from '../transport/transport.js';
import type { EvaluationRecord, FailureRecord, WorkerStatus } from '../telemetry/run-events.js';
import { evaluateByTime } from './evaluate-by-time.js';
import { Evaluator } from './evaluator.js';
import { throttledNotice } from './throttled-notice.js';
import type { FleetStatus } from './fleet-status.js';
import { createLastRound, type LastRound } from './last-round.js';
import { type LiveRun, startLiveRun } from './live-run.js';
import type { LobbyPlan } from './lobby-plan.js';
import { lobbyWorkers } from './lobby-workers.js';
import { localWorkers } from './local-workers.js';
import type { Parts } from './parts.js';
import type { Recorder } from './recorder.js';
import { restartPolicyOf } from './restart-policy-of.js';
import type { Notice } from './run.js';
import type { WorkerHost } from './worker-host.js';

/** Of a server that has taken over from none. */
export const firstEpoch = 1;

export interface TrainingOptions {
  readonly run: string;
  readonly config: TrainConfig;
  readonly parts: Parts;
  /** Time on the wall. */
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly fleet: FleetStatus;
  /** Null: the workers live beside the server. */
  readonly lobby: LobbyPlan | null;
  readonly notice: (level: Notice['level'], message: string) => void;
}

/** How training ended. */
export interface TrainingEnd {
  readonly reason: string;
  /** Null unless it failed. */
  readonly error: StalewartError | null;
  /** From the first assignment to the end. */
  readonly wallSeconds: number;
}

/** What a run asks of whatever carries it out. */
export interface TrainingControl {
  /** Ends it after the open round, or at once. */
  stop(when: 'finish-round' | 'now', reason: string): void;
  /** Crashes the worker's present incarnation; false: there was none to crash. */
  crash(worker: number): Promise<boolean>;
  /** Resolves when nothing of it is left. */
  close(): Promise<void>;
}

export interface Training {
  readonly control: TrainingControl;
  readonly evaluator: Evaluator;
  /** Seconds, or virtual time units, since the start. */
  now(): number;
  /** Resolves when the last round is over; actors may still be running. */
  readonly ended: Promise<TrainingEnd>;
}

/** Starts the actors of a live run and lets them train. */
export async function startTraining(options: TrainingOptions): Promise<Training> {
  const { run, config, parts, clock, recorder, fleet, lobby, notice } = options;
  const { compute, store, transport, engine } = parts;
  if (transport === null) throw new TypeError('a live run needs a transport');
  const ending = deferred<Omit<TrainingEnd, 'wallSeconds'>>();
  const trains = config.compute === 'gradients';
  let beganAt: number | null = null;
  let live: LiveRun | null = null;
  let lastRound: LastRound | null = null;
  let cancelTime: CancelTimer | null = null;
  let howItEnded: RunEnd = { status: 'failed', reason: 'the server failed' };

  const limitTime = (): void => {
    const { time } = config;
    if (time === null || cancelTime !== null || lastRound === null) return;
    cancelTime = clock.after(time, () => lastRound?.begin(`${time} seconds`, 'the time is up'));
  };
  /** The first assignment goes out. Workers elsewhere may come long after the server: the time limit counts from here. */
  const begin = (): void => {
    beganAt = clock.now();
    limitTime();
  };

  const evaluator = new Evaluator({
    compute,
    everyRounds: config.evalEvery,
    samples: config.evalSamples,
    onEvaluation: evaluationTaker(options, (reason) => live?.stop('now', reason)),
    onError: (error) => notice('error', `evaluation failed: ${oneLineOf(error)}`),
  });

  const tellRefusals = refusalTeller(clock, notice);

  const observer: ServerObserver = {
    heard: (header) => fleet.heard(header),
    silent({ time, worker, incarnation, reason, returns }) {
      const action = returns ? 'restarting' : 'given-up';
      recorder.failure({ time, worker, incarnation, reason, action });
    },
    suspicion: (worker, incarnation, suspected) => fleet.suspicion(worker, incarnation, suspected),
    refused: (header, reason) =>
      notice('warn', `${header.type} of worker ${header.worker} refused: ${reason}`),
    step(step, state) {
      tellRefusals(step);
      if (beganAt === null && step.effects.some(({ type }) => type === 'assign')) begin();
      fleet.step(step, state);
      const round = recorder.step(step);
      if (round === null) return;
      lastRound?.roundClosed(round.time);
      if (trains) void evaluator.committed(round, store.current());
    },
    over: (outcome) => ending.resolve({ reason: outcome.reason, error: errorOf(outcome, config) }),
  };

  live = await startLiveRun({
    run,
    epoch: firstEpoch,
    clock,
    engine,
    store,
    compute,
    transport,
    host: hostOf(options, transport),
    silence: {
      heartbeatSeconds: config.heartbeat,
      suspectAfterSeconds: config.suspectAfter,
      deadAfterSeconds: config.deadAfter,
    },
    retrySeconds: config.uploadRetry,
    joinsPerSecond: config.joinsPerSecond,
    maxInboundBytes: config.maxInboundBytes,
    restart: restartPolicyOf(config, 'restart-jitter'),
    observer,
    onFailure: (error) =>
      ending.resolve({
        reason: oneLineOf(error),
        error: failureOf(error),
      }),
  });
  const started = live;
  started.failures$.subscribe((failure) => recorder.failure(failureRecord(failure)));
  const tellDead = throttledNotice(clock, (text) => notice('debug', text), 'dead letters');
  const deadLetters = started.deadLetters$.subscribe((letter) => {
    recorder.deadLetter();
    tellDead.tell(deadLetterText(letter));
  });
  const last = createLastRound({
    clock,
    stop: (when, reason) => started.stop(when, reason),
    awaited: () =>
      fleet
        .workers()
        .filter(isAwaited)
        .map(({ worker }) => worker),
    warn: (message) => notice('warn', message),
  });
  lastRound = last;
  const cancelMarks = evaluateByTime(trains ? config.evalEveryTime : null, clock, (mark) => {
    void evaluator.timeReached(mark, store.current());
  });
  if (beganAt !== null || lobby === null) limitTime();
  const ended = ending.promise.then((end) => {
    cancelTime?.();
    howItEnded = { status: statusOf(end), reason: end.reason };
    cancelMarks();
    last.cancel();
    deadLetters.unsubscribe(); // what is on its way when all actors are stopped means nothing
    return { ...end, wallSeconds: beganAt === null ? 0 : clock.now() - beganAt };
  });
  const control: TrainingControl = {
    stop: (when, reason) =>
      when === 'now' ? started.stop(when, reason) : last.begin(reason, 'the run is to stop'),
    crash: (worker) => started.crash(worker),
    close: () => started.close(howItEnded),
  };
  return { control, evaluator, now: clock.now, ended };
}

/** The reason by which the engine's outcome tells the user's stop from every other end. */
export const stoppedByUser = 'stopped by the user';

/** How it ended, in one word. */
function statusOf({ reason, error }: Pick<TrainingEnd, 'reason' | 'error'>): RunEnd['status'] {
  if (error !== null) return 'failed';
  return reason.startsWith(stoppedByUser) ? 'stopped' : 'finished';
}

function hostOf({ run, config, parts, clock, lobby }: TrainingOptions, transport: Transport): WorkerHost {
  const { compute, engine, taskTimes } = parts;
  const { workers } = engine;
  const heartbeatSeconds = config.heartbeat;
  if (lobby === null) {
    const retrySeconds = config.uploadRetry;
    const restart = restartPolicyOf(config, 'restart-jitter');
    return localWorkers({
      run,
      workers,
      compute,
      transport,
      taskTimes,
      heartbeatSeconds,
      retrySeconds,
      restart,
    });
  }
  return lobbyWorkers({
    ...lobby,
    run,
    epoch: firstEpoch,
    workers,
    transport,
    clock,
    heartbeatSeconds,
    deadAfterSeconds: config.deadAfter,
    restart: restartPolicyOf(config, 'process-restart-jitter'),
  });
}

/** Whether the round may still wait for it. */
export function isAwaited({ state }: WorkerStatus): boolean {
  return state !== 'idle' && state !== 'paused' && state !== 'gone';
}

/** Tells of updates that are refused as not finite, now and then. */
export function refusalTeller(clock: Clock, notice: TrainingOptions['notice']): (step: EngineStep) => void {
  const refused = throttledNotice(clock, (text) => notice('warn', text), 'updates refused as not finite');
  return ({ effects }) => {
    for (const effect of effects) {
      if (effect.type === 'discard' && effect.reason === 'non-finite') refused.tell(effect.detail);
    }
  };
}

/** Records evaluations, and ends the run with the first at or above the target accuracy. */
export function evaluationTaker(
  { config: { targetAccuracy }, recorder, notice }: TrainingOptions,
  stop: (reason: string) => void,
): (record: EvaluationRecord) => void {
  return (record) => {
    recorder.evaluation(record);
    const { version, testAccuracy, testLoss } = record;
    // A network may train on finite losses and still be of no use: its moving statistics may be.
    if (!Number.isFinite(testLoss)) {
      notice('warn', `the loss of version ${version} on test examples is ${testLoss}`);
    }
    if (targetAccuracy === null || testAccuracy < targetAccuracy) return;
    stop(`accuracy ${testAccuracy.toFixed(4)} at version ${version}`);
  };
}

export function failureOf(error: unknown): StalewartError {
  if (error instanceof StalewartError) return error;
  const message = oneLineOf(error);
  if (error instanceof PolicyError)
    return new StalewartError('POLICY', message, { field: 'policy', cause: error });
  return new StalewartError('COMPUTE', `the server failed: ${message}`, { cause: error });
}

export function errorOf(
  { code, reason }: RunOutcome | SimulationOutcome,
  config: TrainConfig,
): StalewartError | null {
  switch (code) {
    case null:
      return null;
    case 'no-workers':
      return new StalewartError('NO_WORKERS', reason);
    case 'non-finite': {
      const lower = `lower learningRate (${config.learningRate})`;
      const mend = config.skipNonFinite ? lower : `${lower}, or refuse such updates with skipNonFinite`;
      return new StalewartError('NON_FINITE', `${reason}: ${mend}`, {
        field: 'learningRate',
        value: config.learningRate,
      });
    }
  }
}

/** Names the kind of message: its content may be as large as a model. */
function deadLetterText({ to, message, reason }: DeadLetter): string {
  const kind = typeof message === 'object' && message !== null && 'type' in message ? message.type : message;
  return `dead letter: ${String(kind)} to ${to} (${reason})`;
}

function failureRecord({
  time,
  worker,
  incarnation,
  error,
  action,
  delaySeconds,
}: WorkerFailure): FailureRecord {
  return { time, worker, incarnation, reason: oneLineOf(error), action, delaySeconds };
}
