/**
 * What becomes of an update whose delta is longer than the run allows (a worker that diverged, or one that means harm): it is
 * refused and the run goes on, until so many came in a row that nothing more is learnt. Bounding the norm of what one worker
 * may contribute is the simplest defence against a hostile one (Sun et al. 2019, "Can You Really Backdoor Federated
 * Learning?", arXiv:1911.07963, section 4); theirs scales the update down, ours refuses and names it.
 */
import type { UpdateArrived } from './events.js';

export interface NormInputs {
  /** The round that the update would have counted in. */
  readonly round: number;
  /** Refused updates with no accepted one between them, this one included. */
  readonly inRow: number;
  /** N: the workers that are not gone for good. */
  readonly available: number;
  readonly maxUpdateNorm: number;
}

/** Whether the delta is longer than allowed. @param maxUpdateNorm null: any length is */
export function isTooLong({ norm }: UpdateArrived, maxUpdateNorm: number | null): maxUpdateNorm is number {
  return maxUpdateNorm !== null && norm !== undefined && norm > maxUpdateNorm;
}

/** Whether the run goes on, and the words for the journal. */
export function judgeTooLong(
  { worker, norm }: UpdateArrived,
  { round, inRow, available, maxUpdateNorm }: NormInputs,
): { readonly goesOn: boolean; readonly detail: string } {
  const goesOn = inRow < Math.max(100, 10 * available);
  const count = goesOn ? '' : ` (${inRow} updates in a row were refused)`;
  const length = Number((norm ?? 0).toPrecision(6));
  return {
    goesOn,
    detail: `round ${round}, worker ${worker}: the norm of its delta is ${length}, at most ${maxUpdateNorm} is allowed${count}`,
  };
}
