/** What a simulation is in the midst of, as it must look when it comes back from a checkpoint. */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.js';
import { assignSchema } from '../telemetry/journal-schema.js';

/** A time may be infinite: a task that never ends. */
const time = z.custom<number>((value) => typeof value === 'number' && !Number.isNaN(value), {
  error: 'must be a time',
});

const taskSchema = z.strictObject({
  type: z.literal('task'),
  assign: assignSchema,
  /** Of the stage. */
  time,
  stage: z.enum(['computed', 'uploaded', 'received']),
  /** When the worker hears that it is cancelled; null: it is not. */
  cancelledAt: time.nullable(),
  /** Weights that it starts from, by the name of their vector; null: it is cancelled, or nothing is trained. */
  weights: z.string().nullable(),
});

const deadlineSchema = z.strictObject({ type: z.literal('deadline'), time, name: z.string() });

export const simulationSchema = z.strictObject({
  /** What will happen, in its order. */
  coming: z.array(z.discriminatedUnion('type', [taskSchema, deadlineSchema])),
  network: z.strictObject({ sendingUntil: time, receivingUntil: time }),
  /** Evaluations by time: how far apart, and how many have been; null: there are none. */
  marks: z.strictObject({ every: z.number(), passed: z.int().min(0) }).nullable(),
});

export type StoredSimulation = DeepReadonly<z.infer<typeof simulationSchema>>;
