/**
 * The messages about processes: how a worker program asks the server for worker numbers, is welcomed with everything that it
 * must know, keeps alive and leaves; and what the leading server tells everybody.
 *
 * A process lives as often as it enters: each time it draws a new `life`, and messages of an earlier one are refused. Unlike
 * all others, `enter`, `refuse` and `announce` may have fields that this version does not know, so that two versions of the
 * protocol can at least tell each other that they differ.
 */
import { z } from 'zod';
import { processNameSchema, runIdSchema } from './subjects.js';

/** What this program speaks. Both sides must speak the same. */
export const protocolVersion = 1;

const id = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const reason = z.string().max(2000);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits');

/** Most worker numbers that one process may have. */
export const maxSlots = 1000;

/** Drawn at random whenever a process enters. */
export const lifeSchema = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "-" and "_"');

const fence = { run: runIdSchema, process: processNameSchema, life: lifeSchema };

/** Process → server: give me `slots` workers. Repeated until a `welcome` or a `refuse` of this life arrives. */
const enterSchema = z.object({
  type: z.literal('enter'),
  ...fence,
  protocol: z.int().min(1),
  slots: z.int().min(1).max(maxSlots),
  /** Version of the program, for the record. */
  version: z.string().max(64),
  /** What computes there, for the record: `wasm`, `tensorflow`, `cpu`. */
  backend: z.string().max(64),
});

/** Process → server, every heartbeat interval. */
const aliveSchema = z.strictObject({ type: z.literal('alive'), ...fence });

/** Process, or its supervisor, → server: this life is over, at once. */
const leaveSchema = z.strictObject({
  type: z.literal('leave'),
  ...fence,
  reason,
  /** True: it is being started again, and its numbers are kept for it. */
  returns: z.boolean(),
});

/** Model or data set: what the process must find to be the same. */
const contentSchema = z.strictObject({
  /** As in the configuration: a known name, or the path of a module, relative to the working directory. */
  name: z.string().max(1024),
  /** Of the module's file; null where the name says all. */
  moduleSha256: sha256.nullable(),
  /** Of what the name or the module gave: weight shapes and initial weights, labels and samples of the data. */
  contentSha256: sha256,
});

/** Server → process: these workers are yours. Sent again when their number grows, and to every repeated `enter`. */
const welcomeSchema = z.strictObject({
  type: z.literal('welcome'),
  ...fence,
  epoch: id,
  protocol: z.int().min(1),
  /** With the incarnation that each is to begin with. */
  workers: z.array(z.strictObject({ worker: id, incarnation: z.int().min(1) })).max(maxSlots),
  /** Slots asked for that are still to come: no worker number is free. */
  wanting: id,
  /** A process that is not heard for so many seconds is dead. */
  deadAfter: z.number().positive(),
  /** The run's settings, each by its name, without those of the server's own machine and without secrets. */
  config: z.record(z.string().max(64), z.json()),
  model: contentSchema,
  dataset: contentSchema,
});

/** Server → process: no. */
const refuseSchema = z.object({
  type: z.literal('refuse'),
  ...fence,
  protocol: z.int().min(1),
  /** True: this life is dead, enter again with a new one. False: it will not be taken. */
  again: z.boolean(),
  reason,
});

/** Server → process: the run is over. */
const endSchema = z.strictObject({
  type: z.literal('end'),
  ...fence,
  epoch: id,
  status: z.enum(['finished', 'stopped', 'failed']),
  reason,
});

/** Leading server → everybody, repeated: I lead the run. */
export const announceSchema = z.object({
  type: z.literal('announce'),
  run: runIdSchema,
  epoch: id,
  protocol: z.int().min(1),
  /** Drawn at random by each server program. */
  server: lifeSchema,
});

/** Server → observers. */
export const eventSchema = z.strictObject({
  type: z.literal('event'),
  run: runIdSchema,
  epoch: id,
  /** What the record is of. */
  kind: z.enum(['round', 'evaluation', 'restart', 'failure', 'process', 'end']),
  record: z.record(z.string().max(64), z.json()),
});

export const toLobbySchema = z.discriminatedUnion('type', [enterSchema, aliveSchema, leaveSchema]);
export const toProcessSchema = z.discriminatedUnion('type', [welcomeSchema, refuseSchema, endSchema]);

export type EnterMessage = z.infer<typeof enterSchema>;
export type LeaveMessage = z.infer<typeof leaveSchema>;
export type WelcomeMessage = z.infer<typeof welcomeSchema>;
export type RefuseMessage = z.infer<typeof refuseSchema>;
export type EndMessage = z.infer<typeof endSchema>;
export type AnnounceMessage = z.infer<typeof announceSchema>;
export type EventMessage = z.infer<typeof eventSchema>;
export type ToLobby = z.infer<typeof toLobbySchema>;
export type ToProcess = z.infer<typeof toProcessSchema>;
/** What the server tells a process of a model or data set. */
export type Content = z.infer<typeof contentSchema>;
