/**
 * What a policy may have done to a stale delta before it is weighed and added: plain data, carried out by the parameter
 * store at the commit, for each contribution by itself. With w the global weights before the commit, b those that the worker
 * started from, δ its delta (b + δ is what the worker ended with), all per coordinate:
 *
 * | kind                 | δ becomes                         | source                        |
 * | -------------------- | --------------------------------- | ----------------------------- |
 * | `gap-aware`          | δ / (1 + abs(w − b) / C)          | Gap-Aware, arXiv 1909.10802   |
 * | `delay-compensation` | δ − (λ/η) · δ² · (w − b)          | DC-ASGD, arXiv 1609.08326     |
 * | `toward-model`       | δ − (w − b), that is b + δ − w    | FedAsync, arXiv 1903.03934    |
 *
 * A delta from the current version (w = b) stays what it is under each of them.
 */
export type DeltaCorrection =
  /** C: the usual size of a worker's step in that coordinate. */
  | { readonly kind: 'gap-aware' }
  /** `lambda`: λ, at least 0 (0 changes nothing); η is the run's learning rate. */
  | { readonly kind: 'delay-compensation'; readonly lambda: number }
  | { readonly kind: 'toward-model' };

/** What is wrong with it, for a policy of the user's; null: nothing. */
export function correctionProblem(correction: Partial<DeltaCorrection> | null): string | null {
  switch (correction?.kind) {
    case 'gap-aware':
    case 'toward-model':
      return null;
    case 'delay-compensation': {
      const { lambda = Number.NaN } = correction;
      if (Number.isFinite(lambda) && lambda >= 0) return null;
      return `the lambda of its correction is ${String(lambda)}, and must be a number of at least 0`;
    }
    default: {
      const kinds = 'gap-aware, delay-compensation, toward-model';
      return `its correction is of kind ${JSON.stringify(correction?.kind)}, and must be one of ${kinds}`;
    }
  }
}
