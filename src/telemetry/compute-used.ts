/**
 * What computed a run in the end, and why: settings may say `auto`, and a plan need not exist for a model. Written into
 * `config.json` and `summary.json`, because two engines round differently: who compares final weights needs to know.
 */
import { z } from 'zod';

export const computeUsedSchema = z.object({
  /** `wasm`, `tensorflow` or `cpu`; `none` where only timing counts. */
  backend: z.string(),
  /** Why this backend, in a few words. */
  backendReason: z.string(),
  /** `plan` (a step compiled for the model) or `tfjs` (on the backend); `none` where only timing counts. */
  engine: z.string(),
  /** Why this engine, in a few words. */
  engineReason: z.string(),
  /** Compute threads; 0 where only timing counts. */
  threads: z.int().min(0),
});

export type ComputeUsed = Readonly<z.infer<typeof computeUsedSchema>>;

/** Takes from whatever computes (a `Compute`) what is recorded of it. */
export function computeUsed({
  backend,
  backendReason,
  engine,
  engineReason,
  threads,
}: ComputeUsed): ComputeUsed {
  return { backend, backendReason, engine, engineReason, threads };
}
