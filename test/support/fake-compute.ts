/**
 * A `Compute` without gradients: each task waits until the test answers it, or is answered at once. The delta of a task is
 * its worker's number + 1 in every element.
 */
import type { Compute, LocalTask, LocalUpdate } from '../../src/compute/compute.js';

export interface PendingTask {
  readonly task: LocalTask;
  readonly signal: AbortSignal;
  answer(update?: Partial<LocalUpdate>): void;
  fail(error: Error): void;
}

export interface FakeCompute extends Compute {
  /** Tasks not yet answered, oldest first. */
  readonly pending: PendingTask[];
}

export function createFakeCompute(
  parameterCount: number,
  mode: 'at-once' | 'by-hand' = 'by-hand',
): FakeCompute {
  const pending: PendingTask[] = [];
  return {
    backend: 'fake',
    backendReason: 'for tests',
    engine: 'tfjs',
    engineReason: 'for tests',
    threads: 1,
    model: {
      name: 'fake',
      parameterCount,
      weights: [{ name: 'w', shape: [parameterCount], trainable: true }],
      initial: new Float32Array(parameterCount),
      topology: {},
      engine: 'tfjs',
      engineReason: 'for tests',
    },
    pending,
    run(task, signal) {
      return new Promise((resolve, reject) => {
        const update = (change: Partial<LocalUpdate> = {}): LocalUpdate => ({
          delta: new Float32Array(parameterCount).fill(task.worker + 1),
          steps: task.localSteps,
          samples: task.localSteps * 32,
          loss: 1,
          firstLoss: 2,
          computeSeconds: 0,
          ...change,
        });
        if (mode === 'at-once') return resolve(update());
        const entry: PendingTask = {
          task,
          signal,
          answer: (change) => resolve(update(change)),
          fail: (error) => reject(error),
        };
        pending.push(entry);
        signal.addEventListener('abort', () => {
          pending.splice(pending.indexOf(entry), 1);
          reject(signal.reason);
        });
      });
    },
    evaluate: (_parameters, samples = 100) => Promise.resolve({ accuracy: 0.5, loss: 1, samples }),
    close: () => Promise.resolve(),
  };
}
