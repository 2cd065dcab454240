/**
 * How long each task of each worker takes. What the law draws depends on (seed, worker, attempt) alone: never on the
 * policy, on the number of workers or on the order of asking, so that every policy meets the same machines and the same
 * sequence of times. Slowdown and slow spells come on top. Times are seconds in a live run, virtual units in a
 * simulated one.
 */
import { seededRandom } from '../random/seeded-random.js';
import type { Bursts } from './bursts.js';
import { createLaw, type WorkerLaw } from './laws.js';
import { valueOf } from './per-worker.js';
import type { Slowdown } from './slowdown.js';
import { createSpells, type Spells } from './spells.js';
import type { StragglerSpec } from './straggler-spec.js';

export interface TaskTimesOptions {
  readonly workers: number;
  readonly seed: number;
  /** Default: none. */
  readonly slowdown?: Slowdown;
  /** Default: none. */
  readonly bursts?: Bursts;
}

export interface TaskTimes {
  readonly spec: StragglerSpec;
  readonly workers: number;
  /**
   * Time of the worker's task: the law's draw, lengthened by slowdown and by the slow spells met from `now` on.
   * 0 for the law `none`.
   * @param attempt number of the assignment, over all lives of the worker
   * @param now when the task begins; left out: spells are not counted
   */
  taskTime(worker: number, attempt: number, now?: number): number;
  /** How long `work` takes this worker with slowdown, and with the spells met from `now` on. */
  stretch(worker: number, work: number, now?: number): number;
  /**
   * How long a live task is to last in all that took `computeTime` of real computing: the longer of that and the law's
   * draw, lengthened as above.
   */
  targetTime(worker: number, attempt: number, computeTime: number, now?: number): number;
  /** What to expect of each worker. */
  expectation(worker: number): WorkerExpectation;
}

/** One line of a fleet's description. */
export interface WorkerExpectation {
  readonly worker: number;
  /** Mean time of a task in the long run, slowdown and spells included; 0 for the law `none`, may be `Infinity`. */
  readonly meanTime: number;
  /** Factor for the whole run. */
  readonly slowdown: number;
  /** Factor of its slow spells; 1: it has none. */
  readonly burstFactor: number;
}

/** @throws StalewartError CONFIG if a trace file cannot be used */
export function createTaskTimes(spec: StragglerSpec, options: TaskTimesOptions): TaskTimes {
  const { workers, seed, slowdown = {}, bursts = {} } = options;
  const lawOf = createLaw(spec, workers);
  const machines = Array.from({ length: workers }, (_, worker): Machine => {
    const burst = valueOf(bursts, worker);
    return {
      law: lawOf(worker, seededRandom(seed, 'straggler-machine', worker)),
      slowdown: valueOf(slowdown, worker) ?? 1,
      spells:
        burst === undefined ? null : createSpells(burst, seededRandom(seed, 'straggler-spells', worker)),
      burstFactor: burst?.factor ?? 1,
    };
  });
  const machineOf = (worker: number): Machine => {
    const machine = machines[worker];
    if (machine === undefined) throw new RangeError(`worker ${worker} is not in 0 … ${workers - 1}`);
    return machine;
  };
  const draw = (worker: number, attempt: number) =>
    machineOf(worker).law.draw(seededRandom(seed, 'straggler-task', worker, attempt));
  const stretch = (worker: number, work: number, now?: number) => {
    const { slowdown: factor, spells } = machineOf(worker);
    const slowed = work * factor;
    return spells === null || now === undefined ? slowed : spells.stretch(slowed, now);
  };

  return {
    spec,
    workers,
    stretch,
    taskTime: (worker, attempt, now) => stretch(worker, draw(worker, attempt), now),
    targetTime: (worker, attempt, computeTime, now) =>
      stretch(worker, Math.max(computeTime, draw(worker, attempt)), now),
    expectation(worker) {
      const { law, slowdown: factor, spells, burstFactor } = machineOf(worker);
      const meanTime = law.mean * factor * (spells?.longRunFactor ?? 1);
      return { worker, meanTime, slowdown: factor, burstFactor };
    },
  };
}

/** What to expect of every worker, for display. */
export function describeFleet(taskTimes: TaskTimes): readonly WorkerExpectation[] {
  return Array.from({ length: taskTimes.workers }, (_, worker) => taskTimes.expectation(worker));
}

interface Machine {
  readonly law: WorkerLaw;
  readonly slowdown: number;
  readonly spells: Spells | null;
  readonly burstFactor: number;
}
