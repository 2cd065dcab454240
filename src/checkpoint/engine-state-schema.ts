/** The round engine's state as it must look when it comes back from a checkpoint. The type is that of
 *  `protocols/sync/engine-state.ts`; what a policy remembers is its own matter. */
import { z } from 'zod';
import type { EngineState } from '../../protocols/sync/round-engine.js';
import { contributionSchema } from '../telemetry/journal-schema.js';

const id = z.int().min(0);

const memberSchema = z.strictObject({
  worker: id,
  status: z.enum(['expected', 'computing', 'idle', 'paused', 'lost', 'gone']),
  incarnation: id,
  attempt: id,
  baseVersion: id,
  staleness: id,
  assignedAt: z.number(),
  uploadedAt: z.number().nullable(),
});

export const engineStateSchema = z.strictObject({
  status: z.enum(['running', 'finishing', 'over']),
  statusReason: z.string(),
  version: id,
  openedAt: z.number().nullable(),
  overdue: z.boolean(),
  members: z.array(memberSchema).refine((members) => members.every(({ worker }, index) => worker === index), {
    error: 'workers must be in order',
  }),
  contributions: z.array(contributionSchema),
  refusedInRow: id,
  fruitlessInRow: id,
  policy: z.unknown(),
}) satisfies z.ZodType<EngineState>;
