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
    .describe(
      'fixed K of the policies whose K does not change (default: k0); fixes K^t of ABS and AdaSync as well when given',
    ),
  maxStaleness: z
    .int()
    .min(1)
    .optional()
    .describe(
      'fixed τ_max of ABS (threshold constant); R of Ringmaster (else 2 × workers); s of SSP (else 3)',
    ),
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
  mixing: z
    .number()
    .positive()
    .max(1)
    .default(0.6)
    .describe('α of FedAsync: how far the model moves to a fresh one of a worker'),
  stalenessWeight: z
    .enum(['polynomial', 'hinge', 'constant'])
    .default('polynomial')
    .describe('s(τ) of FedAsync and FedBuff: (τ + 1)^−x; 1 up to a delay, then 1 / (slope · more + 1); or 1'),
  stalenessExponent: z.number().min(0).max(10).default(0.5).describe('x of the polynomial s(τ)'),
  hingeDelay: z.int().min(0).default(4).describe('delay up to which the hinge s(τ) is 1'),
  hingeSlope: z.number().positive().default(10).describe('how fast the hinge s(τ) falls beyond it'),
  compensation: z.number().min(0).default(0.04).describe('λ of DC-ASGD'),
  timeLimit: z
    .number()
    .positive()
    .default(2)
    .describe('of MindFlayer, for a task: seconds, or time units in simulated time'),
  trials: z.int().min(1).max(1000).default(1).describe('B of MindFlayer: attempts of each worker in a round'),
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
