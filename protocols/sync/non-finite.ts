/**
 * What becomes of the run when an update is not finite: it fails, or it goes on without the update where the user said so,
 * until so many came in a row that nothing more is learnt.
 */
import type { UpdateArrived } from './events.js';

export interface NonFiniteInputs {
  /** The round that the update would have counted in. */
  readonly round: number;
  /** Non-finite updates with no other between them, this one included. */
  readonly inRow: number;
  /** N: the workers that are not gone for good. */
  readonly available: number;
  readonly skipNonFinite: boolean;
}

/** Whether the run goes on, and the words for the journal. */
export function judgeNonFinite(
  { worker, loss }: UpdateArrived,
  { round, inRow, available, skipNonFinite }: NonFiniteInputs,
): { readonly goesOn: boolean; readonly detail: string } {
  const what = Number.isFinite(loss) ? 'its delta has non-finite values' : `its loss is ${loss}`;
  const hopeless = inRow >= Math.max(100, 10 * available);
  const count = skipNonFinite && hopeless ? ` (${inRow} updates in a row were not finite)` : '';
  return { goesOn: skipNonFinite && !hopeless, detail: `round ${round}, worker ${worker}: ${what}${count}` };
}
