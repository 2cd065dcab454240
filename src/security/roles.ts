/**
 * Who may do what on NATS: the subjects that each role of a run may publish to and subscribe to. Invariant: a list is all
 * that its role may do, every other subject is denied; and no worker's list holds a subject of another worker, or one by
 * which a worker is commanded.
 */
import { z } from 'zod';
import { localProcess, processNameSchema, runIdSchema } from '../../protocols/wire/subjects.js';

/** Name of a worker process that credentials are made for. */
export const holderNameSchema = processNameSchema.refine(
  (name) => name !== localProcess,
  'must not be "local", which is the server\'s own process',
);

/** The holder of credentials. Every server of a run, standby or not, has the same role. */
export const roleSchema = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('server'), run: runIdSchema }),
  z.strictObject({ role: z.literal('observer'), run: runIdSchema }),
  z.strictObject({ role: z.literal('worker'), run: runIdSchema, process: holderNameSchema }),
]);
export type Role = z.infer<typeof roleSchema>;

/** Subjects, `*` and `>` as in NATS. */
export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** `server`, `observer` or `worker NAME`, for people. */
export function roleName(role: Role): string {
  return role.role === 'worker' ? `worker ${role.process}` : role.role;
}

/** Where answers to the role's own requests arrive, without the random part; no other role may listen there. */
export function inboxPrefixOf(role: Role): string {
  return `_INBOX_stalewart_${role.run}_${role.role}`;
}

export function permissionsOf(role: Role): Permissions {
  const root = `stalewart.${role.run}`;
  switch (role.role) {
    case 'worker':
      return {
        publish: [`${root}.server.${role.process}.*`, `${root}.lobby.${role.process}`],
        subscribe: [
          `${root}.worker.${role.process}.*`,
          `${root}.process.${role.process}`,
          `${root}.announce`,
        ],
      };
    case 'observer':
      return { publish: [], subscribe: [`${root}.events`, `${root}.announce`] };
    case 'server':
      return {
        publish: [
          `${root}.worker.*.*`,
          `${root}.process.*`,
          `${root}.announce`,
          `${root}.events`,
          // The workers in its own process.
          `${root}.server.${localProcess}.*`,
          ...streamsOf(role.run).flatMap(({ stream, subjects }) => [...jetStreamApi(stream), ...subjects]),
          '$JS.API.INFO',
          // Which stream holds a subject: the answer names streams, of the run's own account only.
          '$JS.API.STREAM.NAMES',
          '$JS.API.STREAM.LIST',
        ],
        subscribe: [
          `${root}.server.*.*`,
          `${root}.lobby.*`,
          `${root}.announce`,
          `${root}.worker.${localProcess}.*`,
          `${inboxPrefixOf(role)}.>`,
        ],
      };
  }
}

interface Stream {
  readonly stream: string;
  /** Where its messages are published. */
  readonly subjects: readonly string[];
}

/** The run's key-value bucket, and its checkpoints as a stream of their own or as an object store. */
function streamsOf(run: string): readonly Stream[] {
  const bucket = `stalewart_${run}`;
  const checkpoints = `${bucket}_checkpoints`;
  return [
    { stream: `KV_${bucket}`, subjects: [`$KV.${bucket}.>`] },
    { stream: checkpoints, subjects: [`${checkpoints}.>`] },
    { stream: `OBJ_${checkpoints}`, subjects: [`$O.${checkpoints}.>`] },
  ];
}

/** Requests to JetStream that name this stream, and answers to what it delivers. */
function jetStreamApi(stream: string): readonly string[] {
  return [
    `$JS.API.STREAM.*.${stream}`,
    `$JS.API.STREAM.MSG.*.${stream}`,
    `$JS.API.DIRECT.GET.${stream}`,
    `$JS.API.DIRECT.GET.${stream}.>`,
    `$JS.API.CONSUMER.*.${stream}`,
    `$JS.API.CONSUMER.*.${stream}.>`,
    `$JS.API.CONSUMER.*.*.${stream}.>`,
    `$JS.ACK.${stream}.>`,
    `$JS.FC.${stream}.>`,
  ];
}
