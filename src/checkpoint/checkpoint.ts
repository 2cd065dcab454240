/**
 * What a checkpoint holds: the whole of a run between two events, so that a run that goes on from it is the run that never
 * stopped. What is not in it follows from the run's settings: batches and task times are functions of seed, worker and attempt, and
 * the attempts are here.
 *
 * Invariant: plain JSON, and vectors that the JSON speaks of by name. Vectors that are one in memory are one here, and again
 * when they are read.
 */
import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.js';
import { engineStateSchema } from './engine-state-schema.js';
import { recordsSchema } from './records-schema.js';
import { simulationSchema } from './simulation-schema.js';

export type Vector = Float32Array | Float64Array;

const id = z.int().min(0);
const vectorName = z.string();

/** The run that it belongs to, in what cannot change when a run goes on. */
export const identitySchema = z.strictObject({
  run: z.string(),
  mode: z.enum(['live', 'simulated']),
  policy: z.string(),
  workers: id,
  seed: z.number(),
  model: z.strictObject({
    name: z.string(),
    weights: z.array(z.strictObject({ name: z.string(), shape: z.array(id) })),
  }),
  serverOptimizer: z.string(),
});

export type RunIdentity = DeepReadonly<z.infer<typeof identitySchema>>;

const storedSchema = z.strictObject({
  vectors: z.record(z.string(), vectorName),
  scalars: z.record(z.string(), z.number()),
});

/** The parameter store's memory: names of vectors in the place of vectors. */
const weightsSchema = z.strictObject({
  current: vectorName,
  held: z.array(z.strictObject({ updateId: z.string(), delta: vectorName, base: vectorName.nullable() })),
  /** What each worker that computes started from, where a correction needs to know. */
  bases: z.array(z.tuple([id, vectorName])),
  optimizer: storedSchema,
  correction: storedSchema.nullable(),
});

export type StoredWeights = DeepReadonly<z.infer<typeof weightsSchema>>;

export const checkpointSchema = z.strictObject({
  identity: identitySchema,
  /** Of the global model: rounds closed. */
  version: id,
  /** Of the server that saved it. */
  epoch: id,
  /** The run's time: seconds, or virtual time units. */
  time: z.number(),
  /** Seconds on the wall that the run has trained so far. */
  wallSeconds: z.number(),
  engine: engineStateSchema,
  /** Null: nothing is trained, and nobody keeps weights. */
  weights: weightsSchema.nullable(),
  records: recordsSchema,
  /** Null: of a live run, whose workers begin afresh. */
  simulation: simulationSchema.nullable(),
});

/** All of it but the vectors. */
export type CheckpointState = DeepReadonly<z.infer<typeof checkpointSchema>>;

export interface Checkpoint {
  readonly state: CheckpointState;
  readonly vectors: ReadonlyMap<string, Vector>;
}
