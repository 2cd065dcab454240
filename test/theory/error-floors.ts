/**
 * Where SGD with a constant step comes to rest on f(w) = ½ h w² with gradients h·w + e, e of variance σ², in each coordinate.
 *
 * K-sync, U = 1: w' = w − η (h w + ē) with ē of variance σ² / K. So V = E w² obeys V = (1 − ηh)² V + η² σ² / K, which is
 * V = η σ² / (K h (2 − ηh)).
 *
 * K-sync, any U, measured at the versions: with φ = 1 − ηh a worker ends at φ^U w − η Σ_u φ^(U−1−u) e_u, and the mean of K such
 * has V = φ^(2U) V + (η² σ² / K) (1 − φ^(2U)) / (1 − φ²): the same V, whatever U.
 *
 * ASGD, U = 1, constant staleness τ: w_{t+1} = w_t − η (h w_{t−τ} + e_t), a linear filter of the noise, so V = η² σ² Σ_j ψ_j² with
 * ψ_0 = 1, ψ_{j+1} = ψ_j − ηh ψ_{j−τ} (ψ of negative index 0).
 */

export interface FloorInputs {
  /** η. */
  readonly learningRate: number;
  /** K. */
  readonly waitCount: number;
  /** h. */
  readonly curvature: number;
  readonly sigma: number;
}

/** E w² of K-sync. */
export function syncFloor({ learningRate, waitCount, curvature, sigma }: FloorInputs): number {
  return (learningRate * sigma ** 2) / (waitCount * curvature * (2 - learningRate * curvature));
}

/** E w² of ASGD whose updates all have this staleness. */
export function delayedFloor({ learningRate, curvature, sigma }: FloorInputs, staleness: number): number {
  const response = [1];
  let sum = 1;
  for (let j = 0; j < 100_000; j += 1) {
    const next = (response[j] ?? 0) - learningRate * curvature * (response[j - staleness] ?? 0);
    response.push(next);
    sum += next ** 2;
  }
  return (learningRate * sigma) ** 2 * sum;
}
