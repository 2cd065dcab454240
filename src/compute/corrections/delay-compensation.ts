/**
 * DC-ASGD (arXiv 1609.08326): the gradient g of old weights b is moved to the current ones w by a Taylor expansion whose
 * Hessian is approximated by λ·g²: g + λ·g²·(w − b), per coordinate. With δ = −η·g that is δ − (λ/η)·δ²·(w − b). A
 * delta of several local steps is taken for one gradient of the same learning rate.
 */
import { storedIn } from '../stored-state.js';
import type { Correction } from './correction.js';

/**
 * @param lambda λ, at least 0
 * @param learningRate η of the workers, above 0
 */
export function delayCompensation(lambda: number, learningRate: number): Correction {
  const factor = lambda / learningRate;
  return {
    apply(delta, current, base, corrected) {
      for (let i = 0; i < corrected.length; i++) {
        const d = delta[i] ?? 0;
        corrected[i] = d - factor * d * d * ((current[i] ?? 0) - (base[i] ?? 0));
      }
    },
    ...storedIn({}),
  };
}
