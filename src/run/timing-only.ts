/**
 * `Compute` of a run that is about timing alone (`compute: none`): the model gives messages their true size and nothing
 * is trained. A task is done at once, so what it takes is what the straggler model gives it; its delta is zero and its loss
 * the constant 1, which leaves an adaptive wait count at K^0. Its samples are those that training would have seen.
 */
import type { Compute, LocalTask, LocalUpdate } from '../compute/compute.js';
import { StalewartError } from '../errors.js';

/** @param described a pool that has made the model; it is closed and no more used */
export async function timingOnly(described: Compute, batchSize: number): Promise<Compute> {
  const { model } = described;
  await described.close();
  return {
    backend: 'none',
    backendReason: 'timing only, nothing is trained',
    engine: 'none',
    engineReason: 'timing only, nothing is trained',
    threads: 0,
    model,
    run({ localSteps }: LocalTask, signal: AbortSignal): Promise<LocalUpdate> {
      if (signal.aborted) return Promise.reject(signal.reason);
      return Promise.resolve({
        delta: new Float32Array(model.parameterCount),
        steps: localSteps,
        samples: localSteps * batchSize,
        loss: 1,
        firstLoss: 1,
        computeSeconds: 0,
      });
    },
    evaluate: () => Promise.reject(new StalewartError('COMPUTE', 'a run without training has no accuracy')),
    close: () => Promise.resolve(),
  };
}
