/** FedAsync (arXiv 1903.03934): the step leads to the worker's model, wherever the global one has moved meanwhile:
 *  δ − (w − b) = (b + δ) − w. With weight α and scale 1 the commit makes (1 − α)·w + α·(b + δ). */
import { storedIn } from '../stored-state.js';
import type { Correction } from './correction.js';

export const towardModel: Correction = {
  apply(delta, current, base, corrected) {
    for (let i = 0; i < corrected.length; i++) {
      corrected[i] = (delta[i] ?? 0) - ((current[i] ?? 0) - (base[i] ?? 0));
    }
  },
  ...storedIn({}),
};
