/**
 * What Adam and Yogi of FedOpt share (arXiv 2003.00295, Algorithm 2): m ← β1·m + (1 − β1)·Δ, v by its own rule,
 * w ← w + η_g · m / (√v + τ), with Δ the round's step. There is no correction of the bias, and v begins at τ², the least
 * that the paper allows.
 */
import { storedIn } from '../stored-state.js';
import type { ServerOptimizer, ServerOptimizerSettings } from './server-optimizer.js';

/** The next v, of the last one and Δ². */
export type SecondMoment = (v: number, squared: number, beta2: number) => number;

export function adaptive(
  settings: ServerOptimizerSettings,
  size: number,
  secondMoment: SecondMoment,
): ServerOptimizer {
  const {
    serverLearningRate: rate,
    serverMomentum: beta1,
    serverBeta2: beta2,
    serverEpsilon: tau,
  } = settings;
  const first = new Float64Array(size);
  const second = new Float64Array(size).fill(tau * tau);
  return {
    apply(current, step, next) {
      for (let i = 0; i < next.length; i++) {
        const s = step[i] ?? 0;
        const m = beta1 * (first[i] ?? 0) + (1 - beta1) * s;
        const v = secondMoment(second[i] ?? 0, s * s, beta2);
        first[i] = m;
        second[i] = v;
        next[i] = (current[i] ?? 0) + (rate * m) / (Math.sqrt(v) + tau);
      }
    },
    ...storedIn({ first, second }),
  };
}
