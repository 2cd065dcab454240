/**
 * Gap-Aware (arXiv 1909.10802), per coordinate: δ / (1 + |w − b| / C). The gap |w − b| is how far the model has moved while
 * the worker computed, and C, how far one update usually moves it, is its unit: an update of a model that has moved by one usual
 * step counts half.
 *
 * C is, as in public code that cites the paper (its text was not at hand), the largest learning rate times the root of the running mean
 * of squared gradients, with decay 0.999 and its bias corrected, the gradient at hand included. Here a delta is what one update
 * moves: learning rate, constant in a run, and all its local steps are in it already. So C² is that running mean over the
 * uploaded, uncorrected deltas, each counted once, by the first commit that applies it: a policy that applies one in several
 * commits (Ringleader) says nothing new of how far an update moves the model.
 */
import { storedIn } from '../stored-state.js';
import type { Correction } from './correction.js';

const decay = 0.999;

/** @param size elements of the weight vector */
export function gapAware(size: number): Correction {
  const squares = new Float64Array(size);
  const seen = { updates: 0 };
  return {
    apply(delta, current, base, corrected, repeated = false) {
      if (!repeated) seen.updates += 1;
      const unbiased = 1 / (1 - decay ** seen.updates);
      for (let i = 0; i < corrected.length; i++) {
        const d = delta[i] ?? 0;
        const before = squares[i] ?? 0;
        const mean = repeated ? before : decay * before + (1 - decay) * d * d;
        squares[i] = mean;
        const gap = Math.abs((current[i] ?? 0) - (base[i] ?? 0));
        if (d === 0 || gap === 0) {
          corrected[i] = d;
          continue;
        }
        // Not 0, since d is part of the mean.
        const usual = Math.sqrt(mean * unbiased);
        corrected[i] = (d * usual) / (usual + gap);
      }
    },
    ...storedIn({ squares }, seen),
  };
}
