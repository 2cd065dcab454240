/** The update of a simulated worker, as the engine hears of it. */
import type { Assign, Time, UpdateArrived } from '../../protocols/sync/events.js';
import { updateIdOf } from '../../protocols/sync/update-id.js';
import type { LocalUpdate } from '../compute/compute.js';
import { allFinite } from '../compute/parameter-store.js';

/** The event that answers the assignment with this update. */
export function arrivalOf(assign: Assign, update: LocalUpdate, time: Time): UpdateArrived {
  const { worker, incarnation, attempt, version } = assign;
  const { delta, steps, samples, loss, firstLoss } = update;
  return {
    type: 'update-arrived',
    time,
    updateId: updateIdOf(worker, incarnation, attempt),
    worker,
    incarnation,
    attempt,
    baseVersion: version,
    steps,
    samples,
    loss,
    firstLoss,
    finite: Number.isFinite(loss) && Number.isFinite(firstLoss) && allFinite(delta),
  };
}

/** What a task gives where nothing is trained. @param batchSize samples of a local step */
export function timedUpdate({ localSteps: steps }: Assign, batchSize: number): LocalUpdate {
  return { delta: noDelta, steps, samples: steps * batchSize, loss: 1, firstLoss: 1, computeSeconds: 0 };
}

const noDelta = new Float32Array(0);
