/** What carries out a policy's correction (`protocols/sync/delta-correction.ts`), one contribution after the other, in
 *  the order of the commit. */
import type { Stored } from '../stored-state.js';

export interface Correction extends Stored {
  /**
   * Writes all elements of `corrected`.
   * @param current global weights before the commit
   * @param base those that the worker started from
   * @param repeated whether this delta was corrected before, for a commit that kept it; default: false
   */
  apply(
    delta: Float32Array,
    current: Float32Array,
    base: Float32Array,
    corrected: Float64Array,
    repeated?: boolean,
  ): void;
}
