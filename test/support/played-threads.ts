/**
 * Threads that take ten units of a clock of their own for each task, a unit for each step, and stop at a step's end when they are told
 * to. The clock goes on when all else has come to rest. So it can be counted how much was computed, and how much of it was waited for.
 */
import type { Compute, LocalUpdate } from '../../src/compute/compute.js';

interface Running {
  readonly beganAt: number;
  endsAt: number;
  readonly end: () => void;
}

export interface PlayedThreads {
  readonly compute: Pick<Compute, 'run' | 'threads'>;
  /** Units since the start. */
  readonly now: number;
  /** Steps that were computed, whatever became of them. */
  readonly steps: number;
}

export const stepsOfTask = 10;

export function playedThreads(threads: number): PlayedThreads {
  const running = new Set<Running>();
  let now = 0;
  let steps = 0;
  let goesOn = false;

  const goOn = (): void => {
    if (goesOn || running.size === 0) return;
    goesOn = true;
    setImmediate(() => {
      goesOn = false;
      const [first] = [...running].sort((a, b) => a.endsAt - b.endsAt);
      if (first === undefined) return;
      running.delete(first);
      now = Math.max(now, first.endsAt);
      steps += first.endsAt - first.beganAt;
      first.end();
      goOn();
    });
  };

  return {
    get now() {
      return now;
    },
    get steps() {
      return steps;
    },
    compute: {
      threads,
      run: (_task, signal) =>
        new Promise((resolve, reject) => {
          const end = (): void => {
            if (signal.aborted) reject(signal.reason);
            else resolve(anUpdate);
          };
          const task: Running = { beganAt: now, endsAt: now + stepsOfTask, end };
          running.add(task);
          signal.addEventListener('abort', () => {
            task.endsAt = Math.min(task.endsAt, now + 1);
          });
          goOn();
        }),
    },
  };
}

const anUpdate: LocalUpdate = {
  delta: new Float32Array(1),
  steps: stepsOfTask,
  samples: stepsOfTask,
  loss: 1,
  firstLoss: 1,
  computeSeconds: 0,
};
