/**
 * The settings that policies read, with defaults. One schema: the command line, YAML files and the API extend it, so
 * each setting has one name everywhere. What the paper leaves open is a setting here, never a constant in the code.
 */
import { z } from 'zod';

export const policySettingsSchema = z.object({
  /** N: logical workers, each with a partition of its own. */
  workers: z.int().min(1).max(10_000).default(10),
  /** K^0: updates that the first round waits for (ABS, AdaSync). Default: a fifth of the workers, at least 1. */
  k0: z.int().min(1).optional(),
  /** a of τ_max = max(1, ⌊a / K⌋) (ABS); `Infinity`: no bound. Default: 4 × K^0. */
  a: z.number().positive().or(z.literal(Infinity)).optional(),
  /** Fixed K of K-sync and K-async; fixes K^t of ABS and AdaSync as well when given. */
  waitCount: z.int().min(1).optional(),
  /** Fixed τ_max; the bound of ABS when `threshold` is `constant`. */
  maxStaleness: z.int().min(1).optional(),
  /** Rounding of K^0 · sqrt(F(w^0) / F(w^t)). */
  kRounding: z.enum(['floor', 'round', 'ceil']).default('floor'),
  /** K^t never falls. */
  kMonotone: z.boolean().default(true),
  /** Weight of the past in the moving average of the rounds' losses, 0 … below 1. */
  lossSmoothing: z.number().min(0).lt(1).default(0.9),
  /** Rule for τ_max^t (`constant` uses maxStaleness). Default: `floor-a-over-k`; `constant` when maxStaleness is given. */
  threshold: z.enum(['floor-a-over-k', 'ceil-a-over-k', 'floor-an-over-k', 'constant']).optional(),
  /** A worker restarts when τ_k ≥ τ_max (`ge`) or τ_k > τ_max (`gt`). */
  stalenessTest: z.enum(['ge', 'gt']).default('ge'),
});

/** As a user may write them: everything optional. */
export type PolicySettingsInput = z.input<typeof policySettingsSchema>;

/** As a policy reads them: resolved, see `resolvePolicySettings` in `registry.ts`. */
export type PolicySettings = z.output<typeof policySettingsSchema>;
