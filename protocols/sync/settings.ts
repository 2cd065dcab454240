/**
 * The settings that policies read, with defaults. One schema: the command line, YAML files and the API extend it, so
 * each setting has one name everywhere. What the paper leaves open is a setting here, never a constant in the code.
 */
import { z } from 'zod';

export const policySettingsSchema = z.object({
  workers: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('N: logical workers, each with a partition of its own'),
  k0: z
    .int()
    .min(1)
    .optional()
    .describe('K^0: updates that the first round waits for; default: a fifth of the workers, at least 1'),
  a: z
    .number()
    .positive()
    .or(z.literal(Infinity))
    .optional()
    .describe('a of τ_max = max(1, ⌊a / K⌋), Infinity for no bound; default: 4 × K^0'),
  waitCount: z
    .int()
    .min(1)
    .optional()
    .describe('fixed K of K-sync and K-async (default: k0); fixes K^t of ABS and AdaSync as well when given'),
  maxStaleness: z.int().min(1).optional().describe('fixed τ_max of ABS (threshold constant)'),
  kRounding: z
    .enum(['floor', 'round', 'ceil'])
    .default('floor')
    .describe('rounding of K^0 · sqrt(F(w^0) / F(w^t))'),
  kMonotone: z.boolean().default(true).describe('K^t never falls'),
  lossSmoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0.9)
    .describe("weight of the past in the moving average of the rounds' losses, 0 to below 1"),
  threshold: z
    .enum(['floor-a-over-k', 'ceil-a-over-k', 'floor-an-over-k', 'constant'])
    .optional()
    .describe('rule for τ_max^t; default: floor-a-over-k, or constant when maxStaleness is given'),
  stalenessTest: z
    .enum(['ge', 'gt'])
    .default('ge')
    .describe('a worker restarts when τ_k ≥ τ_max (ge) or τ_k > τ_max (gt)'),
});

/** As a user may write them: everything optional. */
export type PolicySettingsInput = z.input<typeof policySettingsSchema>;

type Parsed = z.output<typeof policySettingsSchema>;

/** As a policy reads them: every default that depends on another setting is filled in. */
export type PolicySettings = Omit<Parsed, 'k0' | 'a' | 'threshold'> & {
  readonly k0: number;
  readonly a: number;
  readonly threshold: NonNullable<Parsed['threshold']>;
};

/**
 * Fills in the defaults that depend on other settings.
 * @throws z.ZodError when a setting is out of its range
 */
export function resolvePolicySettings(input: PolicySettingsInput): PolicySettings {
  const parsed = policySettingsSchema.parse(input);
  const k0 = parsed.k0 ?? Math.max(1, Math.floor(parsed.workers / 5));
  return {
    ...parsed,
    k0,
    a: parsed.a ?? 4 * k0,
    threshold: parsed.threshold ?? (parsed.maxStaleness === undefined ? 'floor-a-over-k' : 'constant'),
  };
}
