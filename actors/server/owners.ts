/**
 * Whose worker a number is: the process that was given it, and the life of that process. What comes from anybody else in
 * its name is refused, and what is for the worker goes there.
 */
import { localProcess } from '../../protocols/wire/subjects.js';

export interface Owner {
  readonly process: string;
  readonly life: string;
}

export interface Owners {
  /** Null: the number is nobody's. */
  readonly of: (worker: number) => Owner | null;
}

/** Of the workers that live beside their server. */
export const localOwner: Owner = { process: localProcess, life: 'local' };

/** Every worker lives beside the server. */
export const localOwners: Owners = { of: () => localOwner };

/** Why nobody else may speak for the worker; null: it is the sender's own. */
export function ownerProblem(owners: Owners, sender: Owner & { readonly worker: number }): string | null {
  const owner = owners.of(sender.worker);
  if (owner === null) return `worker ${sender.worker} belongs to no process`;
  if (owner.process !== sender.process) {
    return `worker ${sender.worker} belongs to process "${owner.process}", not to "${sender.process}"`;
  }
  return owner.life === sender.life ? null : `life ${sender.life} of process "${sender.process}" is over`;
}
