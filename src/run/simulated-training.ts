/**
 * The training proper of a run in simulated time: what `training.ts` is for a live one. Everything that is recorded depends
 * on the options alone: evaluations are waited for rather than passed over, and with a target accuracy each is waited
 * for before time goes on.
 */
import type { EngineStep } from '../../protocols/sync/events.js';
import { createLookAhead } from '../simulator/look-ahead.js';
import { createNetwork } from '../simulator/network.js';
import { Simulation } from '../simulator/simulation.js';
import type { SimulationState } from '../simulator/simulation-state.js';
import { marksBefore } from '../simulator/time-marks.js';
import { restoreSimulation } from './stored-simulation.js';
import { oneLineOf, StalewartError } from '../errors.js';
import { Evaluator } from './evaluator.js';
import type { FleetStatus } from './fleet-status.js';
import { createLastRound } from './last-round.js';
import { makeCheckpoint } from './make-checkpoint.js';
import { onlyEpoch } from './open-checkpoints.js';
import type { ResumedRun } from './resumed-run.js';
import {
  errorOf,
  evaluationTaker,
  evaluatorStart,
  failureOf,
  isAwaited,
  refusalTeller,
  type Training,
  type TrainingEnd,
  type TrainingOptions,
} from './training.js';

/** Evaluations under way while time goes on. */
const backlog = 2;

/** Begins to let time pass. */
export async function startSimulation(options: TrainingOptions): Promise<Training> {
  const { config, parts, clock, recorder, fleet, notice, checkpointer } = options;
  const { resumed, identity } = parts;
  const before = resumed?.checkpoint.state ?? null;
  const from = resumed === null ? null : simulationOf(resumed);
  const { compute, store, engine, taskTimes } = parts;
  const { latency, bandwidth, serverBandwidth, batchSize, targetAccuracy } = config;
  const trains = config.compute === 'gradients';

  const evaluator = new Evaluator({
    compute,
    everyRounds: config.evalEvery,
    samples: config.evalSamples,
    backlog: targetAccuracy === null ? backlog : 0,
    onEvaluation: evaluationTaker(options, (reason) => simulation.stop('now', reason)),
    onError: (error) => notice('error', `evaluation failed: ${oneLineOf(error)}`),
    from: evaluatorStart(options, true),
  });

  const tellRefusals = refusalTeller(clock, notice);
  const tasks = taskTeller(fleet);
  const wallSeconds = (): number => (before?.wallSeconds ?? 0) + clock.now() - beganAt;

  /** All that was due by now is in the files by then, so that a resumed run has it once. */
  const save = async (): Promise<void> => {
    await evaluator.drained();
    const state = simulation.state();
    if (checkpointer === null || state === null || evaluator.skips) return;
    const checkpoint = makeCheckpoint({
      identity,
      epoch: onlyEpoch,
      time: state.now,
      wallSeconds: wallSeconds(),
      engine: state.engine,
      weights: trains ? store.state() : null,
      records: recorder.state(null),
      simulation: state,
    });
    await checkpointer.save(checkpoint);
  };

  const simulation = new Simulation({
    engine,
    taskTimes,
    network: createNetwork({ latency, bandwidth, serverBandwidth }, from?.network),
    messageBytes: compute.model.parameterCount * Float32Array.BYTES_PER_ELEMENT,
    training: trains ? { lookAhead: createLookAhead(compute), store } : null,
    batchSize,
    until: config.time,
    marks:
      trains && config.evalEveryTime !== null
        ? {
            every: config.evalEveryTime,
            passed: marksPassed(from, config.evalEveryTime),
            onMark: (mark) => evaluator.timeReached(mark, store.current()),
          }
        : null,
    async onStep(step, state) {
      tellRefusals(step);
      tasks.hear(step);
      fleet.step(step, state);
      const round = recorder.step(step);
      if (round !== null) last.roundClosed(clock.now() - beganAt);
      await recorder.written;
      if (round !== null && trains) await evaluator.committed(round, store.current());
      if (round !== null && checkpointer?.isDue(round.version) === true) await save();
    },
    from,
    keepsWeights: checkpointer !== null,
    ...(checkpointer === null ? {} : { beforeStop: save }),
  });

  const beganAt = clock.now();
  // Of the time on the wall: whoever asks for a stop waits in that one.
  const last = createLastRound({
    clock,
    stop: (when, reason) => simulation.stop(when, reason),
    awaited: () =>
      fleet
        .workers()
        .filter(isAwaited)
        .map(({ worker }) => worker),
    warn: (message) => notice('warn', message),
    from: { rounds: before?.version ?? 0, time: 0 },
  });
  const running = simulation.run().then(
    (outcome): Omit<TrainingEnd, 'wallSeconds'> => ({
      reason: outcome.reason,
      error: errorOf(outcome, config),
    }),
    (error: unknown): Omit<TrainingEnd, 'wallSeconds'> => ({
      reason: oneLineOf(error),
      error: failureOf(error),
    }),
  );
  const ended = running.then((end): TrainingEnd => {
    last.cancel();
    return { ...end, wallSeconds: wallSeconds() };
  });
  return {
    control: {
      stop: (when, reason) =>
        when === 'now' ? simulation.stop(when, reason) : last.begin(reason, 'the run is to stop'),
      // Nobody crashes in simulated time.
      crash: () => Promise.resolve(false),
      async close() {
        simulation.stop('now', 'closed');
        await running;
      },
    },
    evaluator,
    now: () => simulation.now(),
    ended,
  };
}

/** @throws StalewartError OUTPUT if the checkpoint is that of a live run, or lacks a vector */
function simulationOf({ checkpoint: { state }, directory, weights }: ResumedRun): SimulationState {
  const { simulation, time, engine } = state;
  if (simulation === null) {
    throw new StalewartError('OUTPUT', `the checkpoint in ${directory} is that of a live run`);
  }
  return restoreSimulation(simulation, time, engine, weights);
}

/** Marks of evaluation that were passed before, also where they are now at other distances. */
function marksPassed(from: SimulationState | null, every: number): number {
  if (from === null) return 0;
  return from.marks?.every === every ? from.marks.passed : marksBefore(from.now, every);
}

/** Tells the fleet's status of finished tasks: those whose updates were not refused as dead. */
function taskTeller(fleet: FleetStatus): { hear(step: EngineStep): void } {
  const assignedAt = new Map<number, number>();
  return {
    hear({ event, effects }) {
      const { time } = event;
      if (event.type === 'update-arrived' && effects.some(({ type }) => type === 'accumulate')) {
        const { worker, attempt } = event;
        fleet.taskDone(worker, attempt, time - (assignedAt.get(worker) ?? time));
      }
      for (const effect of effects) if (effect.type === 'assign') assignedAt.set(effect.worker, time);
    },
  };
}
