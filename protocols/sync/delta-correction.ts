/**
 * What is done to each delta before it is weighted and summed, with w the global weights before the commit, b the weights that
 * the worker started from and δ its delta. The parameter store carries it out; here it is only named.
 *
 * - gap-aware (arXiv 1909.10802): δ_i / (1 + |w_i − b_i| / C_i), C the usual size of a step;
 * - delay-compensation (arXiv 1609.08326): δ − (λ/η)·δ⊙δ⊙(w − b), η the learning rate;
 * - toward-model (arXiv 1903.03934): δ − (w − b), the way from the global model to the worker's.
 */
export type DeltaCorrection =
  | { readonly kind: 'gap-aware' }
  | { readonly kind: 'delay-compensation'; readonly lambda: number }
  | { readonly kind: 'toward-model' };
