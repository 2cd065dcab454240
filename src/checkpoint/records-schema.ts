/** What the records of a run (files, counts, summary) have come to, as it must look when it comes back from a checkpoint. */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.js';

const id = z.int().min(0);
const real = z.custom<number>((value) => typeof value === 'number', { error: 'must be a number' });

const roundSchema = z.strictObject({
  version: id,
  time: real,
  waitCount: id,
  maxStaleness: real.nullable(),
  loss: real,
  meanStaleness: real,
  uploads: id,
  downloads: id,
  restarts: id,
  communicationRounds: id,
  communicationRoundsWithoutRestarts: id,
  degraded: z.string().nullable(),
  trainedSamples: id,
  reason: z.string(),
});

const evaluationSchema = z.strictObject({
  version: id,
  time: real,
  communicationRounds: id,
  communicationRoundsWithoutRestarts: id,
  testAccuracy: real,
  testLoss: real,
  samples: id,
});

const failureSchema = z.strictObject({
  time: real,
  worker: id,
  incarnation: id,
  reason: z.string(),
  action: z.enum(['restarting', 'given-up']),
  delaySeconds: real.exactOptional(),
});

const countsSchema = z.strictObject({
  uploads: id,
  downloads: id,
  restarts: id,
  communicationRounds: id,
  communicationRoundsWithoutRestarts: id,
  discarded: id,
  trainedSamples: id,
  communicated: z.array(id),
  onlyRestarted: z.array(id),
});

const summarySchema = z.strictObject({
  lastRound: roundSchema.nullable(),
  lastEvaluation: evaluationSchema.nullable(),
  bestAccuracy: z.number().nullable(),
  /** The first evaluation at or above each accuracy step. */
  first: z.record(z.string(), evaluationSchema),
});

/** How far a file belongs to the checkpoint: its first so many bytes, and then these lines, which may not be in it yet. */
const positionSchema = z.strictObject({ bytes: id, next: z.array(z.string()) });

const filesSchema = z.strictObject({
  journal: positionSchema,
  rounds: positionSchema,
  evaluations: positionSchema,
});

export const recordsSchema = z.strictObject({
  counts: countsSchema,
  summary: summarySchema,
  failures: id,
  deadLetters: id,
  /** The last one of each worker. */
  lastFailures: z.array(failureSchema),
  /** Null: nothing is written. */
  files: filesSchema.nullable(),
});

export type StoredRecords = DeepReadonly<z.infer<typeof recordsSchema>>;
export type FilePositions = DeepReadonly<z.infer<typeof filesSchema>>;
export type FilePosition = DeepReadonly<z.infer<typeof positionSchema>>;
