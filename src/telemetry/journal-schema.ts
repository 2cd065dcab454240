/**
 * The engine's steps as they must look when they come back from a file: a hand-edited or damaged journal is refused
 * where it is damaged instead of leading a replay astray. The types are those of `protocols/sync/events.ts`.
 */
import { z } from 'zod';
import type { Effect, EngineEvent } from '../../protocols/sync/events.js';

const id = z.int().min(0);
/** Any number, NaN and the infinities included: a non-finite loss is journalled like every other. */
const real = z.custom<number>((value) => typeof value === 'number', { error: 'must be a number' });

export const engineEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('worker-joined'), time: real, worker: id, incarnation: id }),
  z.strictObject({
    type: z.literal('worker-lost'),
    time: real,
    worker: id,
    incarnation: id,
    reason: z.string(),
    returns: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('update-arrived'),
    time: real,
    updateId: z.string(),
    worker: id,
    incarnation: id,
    attempt: id,
    baseVersion: id,
    steps: id,
    samples: id,
    loss: real,
    firstLoss: real,
    finite: z.boolean(),
  }),
  z.strictObject({ type: z.literal('deadline-passed'), time: real, deadline: z.string() }),
  z.strictObject({
    type: z.literal('stop-requested'),
    time: real,
    when: z.enum(['finish-round', 'now']),
    reason: z.string(),
  }),
]) satisfies z.ZodType<EngineEvent>;

const contributionSchema = z.strictObject({
  updateId: z.string(),
  worker: id,
  baseVersion: id,
  staleness: real,
  weight: real,
  loss: real,
  firstLoss: real,
  steps: id,
  samples: id,
  repeated: z.literal(true).exactOptional(),
});

export const effectSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('accumulate'),
    updateId: z.string(),
    worker: id,
    staleness: real,
    weight: real,
    reason: z.string(),
  }),
  z.strictObject({
    type: z.literal('discard'),
    updateId: z.string(),
    worker: id,
    reason: z.enum([
      'unknown-worker',
      'dead-incarnation',
      'dead-attempt',
      'wrong-id',
      'duplicate',
      'wrong-base',
      'non-finite',
      'refused-by-policy',
      'worker-lost',
      'run-over',
      'released',
    ]),
    detail: z.string(),
  }),
  z.strictObject({
    type: z.literal('commit'),
    version: id,
    waitCount: id,
    maxStaleness: real.nullable(),
    contributions: z.array(contributionSchema),
    scale: real,
    loss: real,
    degraded: z.string().nullable(),
    staleness: z.array(z.tuple([id, id])),
    reason: z.string(),
    kept: z.array(z.string()).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('assign'),
    worker: id,
    incarnation: id,
    attempt: id,
    version: id,
    localSteps: id,
    reason: z.enum(['joined', 'refreshed', 'restarted', 'refused', 'pulled', 'resumed']),
    gone: z.array(id).exactOptional(),
  }),
  z.strictObject({
    type: z.literal('cancel'),
    worker: id,
    incarnation: id,
    attempt: id,
    staleness: real,
    reason: z.string(),
  }),
  z.strictObject({ type: z.literal('pause'), worker: id, reason: z.string() }),
  z.strictObject({ type: z.literal('schedule'), deadline: z.string(), at: real }),
  z.strictObject({
    type: z.literal('ignore'),
    event: z.enum(['worker-joined', 'worker-lost', 'update-arrived', 'deadline-passed', 'stop-requested']),
    reason: z.string(),
  }),
  z.strictObject({ type: z.literal('fail'), code: z.enum(['non-finite', 'no-workers']), reason: z.string() }),
  z.strictObject({ type: z.literal('finish'), reason: z.string() }),
]) satisfies z.ZodType<Effect>;
