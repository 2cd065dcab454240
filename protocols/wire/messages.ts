/**
 * The messages between server and workers, validated on arrival. Each names run, process and its life, server epoch, worker,
 * incarnation and (where it concerns one assignment) attempt, so that whatever comes from a dead one can be refused. A
 * message that carries a tensor has its elements beside the header (`Message.tensor`), never inside it.
 */
import { z } from 'zod';
import { announceSchema, eventSchema, lifeSchema, toLobbySchema, toProcessSchema } from './lobby-messages.js';
import { type Family, processNameSchema, runIdSchema } from './subjects.js';

const id = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Longest `reason`, in UTF-16 code units. */
const maxReason = 2000;
const reason = z.string().max(maxReason);

/** Workers that an assignment can name as gone: with more, its header would be too long. */
export const mostGone = 2500;

const fence = {
  run: runIdSchema,
  /** Where the worker lives, as in the subject. */
  process: processNameSchema,
  /** Which life of that process. */
  life: lifeSchema,
  worker: id,
  /** Restart count of the worker; 1 for the first life. */
  incarnation: z.int().min(1),
};

/** Worker → server: ready to compute. Repeated until an assignment arrives. */
const joinSchema = z.strictObject({
  type: z.literal('join'),
  ...fence,
  /** What computes there, for the record: `wasm`, `tensorflow`, `cpu`. */
  backend: z.string().max(64),
});

/** Worker → server, every heartbeat interval. The attempt tells the server whether an assignment was lost. */
const heartbeatSchema = z.strictObject({
  type: z.literal('heartbeat'),
  ...fence,
  /** Last attempt received; 0: none. */
  attempt: id,
  state: z.enum(['joining', 'computing', 'waiting', 'uploading', 'idle']),
});

/** Worker → server: outcome of the local steps. Tensor: the delta (final − received weights, the final values of those that no gradient moves), float32, flat. */
const updateSchema = z.strictObject({
  type: z.literal('update'),
  ...fence,
  epoch: id,
  attempt: z.int().min(1),
  /** `<worker>.<incarnation>.<attempt>`: applied at most once. */
  updateId: z.string().min(1).max(128),
  baseVersion: id,
  steps: z.int().min(1),
  samples: z.int().min(1),
  /** Mean mini-batch loss over the local steps; null stands for a non-finite number (JSON has none). */
  loss: z.number().nullable(),
  firstLoss: z.number().nullable(),
  /** Seconds of computing, and of the whole task including injected delay. */
  computeSeconds: z.number().min(0),
  taskSeconds: z.number().min(0),
});

/** Worker → server: an update is ready; may it be sent? Repeated until a `grant` or an `ack` for it arrives. */
const offerSchema = z.strictObject({
  type: z.literal('offer'),
  ...fence,
  epoch: id,
  attempt: z.int().min(1),
  updateId: z.string().min(1).max(128),
  baseVersion: id,
});

/** Worker's supervisor → server: this incarnation is dead. */
const lostSchema = z.strictObject({
  type: z.literal('lost'),
  ...fence,
  reason,
  /** True while it is being restarted. */
  returns: z.boolean(),
});

/** Server → worker: take `localSteps` steps from this model. Tensor: all weights, float32, flat. */
const assignSchema = z.strictObject({
  type: z.literal('assign'),
  ...fence,
  epoch: id,
  attempt: z.int().min(1),
  baseVersion: id,
  localSteps: z.int().min(1),
  /** Workers that are gone for good, ascending: their data is shared out, see `PartitionShares`. Absent: none. */
  gone: z.array(id).max(mostGone).exactOptional(),
  /** The update is to be offered, and sent when it is granted. Absent: it may be sent at once. */
  uploadOnGrant: z.literal(true).exactOptional(),
});

/** Server → worker: stop this attempt at the next step boundary; a new assignment follows. */
const cancelSchema = z.strictObject({
  type: z.literal('cancel'),
  ...fence,
  epoch: id,
  attempt: z.int().min(1),
  staleness: id,
  reason,
});

/** Server → worker: send the update that you offered. */
const grantSchema = z.strictObject({
  type: z.literal('grant'),
  ...fence,
  epoch: id,
  updateId: z.string().min(1).max(128),
});

/** Server → worker: the upload was received and decided about (also when it was refused): stop repeating it. */
const ackSchema = z.strictObject({
  type: z.literal('ack'),
  ...fence,
  epoch: id,
  updateId: z.string().min(1).max(128),
  outcome: z.enum(['accepted', 'refused']),
  reason,
});

/** Server → worker: the run is over, or this incarnation is dead. */
const stopSchema = z.strictObject({
  type: z.literal('stop'),
  ...fence,
  epoch: id,
  /** True: the incarnation was declared dead, come back as a new one. False: the run is over. */
  rejoin: z.boolean(),
  reason,
});

export const toServerSchema = z.discriminatedUnion('type', [
  joinSchema,
  heartbeatSchema,
  offerSchema,
  updateSchema,
  lostSchema,
]);
export const toWorkerSchema = z.discriminatedUnion('type', [
  assignSchema,
  cancelSchema,
  grantSchema,
  ackSchema,
  stopSchema,
]);
export const messageSchema = z.discriminatedUnion('type', [
  ...toServerSchema.options,
  ...toWorkerSchema.options,
  ...toLobbySchema.options,
  ...toProcessSchema.options,
  announceSchema,
  eventSchema,
]);

export type HeartbeatMessage = z.infer<typeof heartbeatSchema>;
export type OfferMessage = z.infer<typeof offerSchema>;
export type UpdateMessage = z.infer<typeof updateSchema>;
export type LostMessage = z.infer<typeof lostSchema>;
export type AssignMessage = z.infer<typeof assignSchema>;
export type CancelMessage = z.infer<typeof cancelSchema>;
/** Both sides of a worker's conversation name it by these. */
export type Fence = Pick<z.infer<typeof joinSchema>, 'run' | 'process' | 'life' | 'worker' | 'incarnation'>;
export type ToServer = z.infer<typeof toServerSchema>;
export type ToWorker = z.infer<typeof toWorkerSchema>;
export type MessageHeader = z.infer<typeof messageSchema>;

/** A header with the tensor that belongs to it (`update`: the delta, `assign`: the weights, either may have no element;
 *  every other message: null). */
export interface Message<Header extends MessageHeader = MessageHeader> {
  readonly header: Header;
  readonly tensor: Float32Array | null;
}

/** Text of any length (an error and its stack), cut to what the `reason` of a message may hold. */
export function fitReason(text: string): string {
  return text.length <= maxReason ? text : `${text.slice(0, maxReason - 1)}…`;
}

const typesOf = (union: { readonly options: readonly { shape: { type: { value: string } } }[] }): string[] =>
  union.options.map((option) => option.shape.type.value);

const families: ReadonlyMap<string, Family> = new Map<string, Family>([
  ...typesOf(toServerSchema).map((type) => [type, 'server'] as const),
  ...typesOf(toWorkerSchema).map((type) => [type, 'worker'] as const),
  ...typesOf(toLobbySchema).map((type) => [type, 'lobby'] as const),
  ...typesOf(toProcessSchema).map((type) => [type, 'process'] as const),
  [announceSchema.shape.type.value, 'announce'],
  [eventSchema.shape.type.value, 'events'],
]);

/** The family of subjects that a message of this type travels on. */
export function familyOf({ type }: Pick<MessageHeader, 'type'>): Family {
  const family = families.get(type);
  if (family === undefined) throw new TypeError(`no family of subjects for messages of type ${type}`);
  return family;
}
