/** The messages of the bench of the transport. */
import { localOwner } from '../../actors/server/owners.js';
import type { Message } from '../../protocols/wire/messages.js';

export const benchRun = 'bench';

export function updateMessage(worker: number, attempt: number, tensor: Float32Array): Message {
  return {
    header: {
      type: 'update',
      run: benchRun,
      ...localOwner,
      worker,
      incarnation: 1,
      epoch: 1,
      attempt,
      updateId: `${worker}.1.${attempt}`,
      baseVersion: 0,
      steps: 10,
      samples: 320,
      loss: 2.3,
      firstLoss: 2.3,
      computeSeconds: 1,
      taskSeconds: 1,
    },
    tensor,
  };
}
