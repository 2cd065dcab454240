/**
 * What every message must pass, however it travels: its header has the shape that its type says, a tensor is there where
 * one belongs and nowhere else, and its subject is the one of its run, process, worker and family.
 */
import { familyOf, type Message, type MessageHeader, messageSchema } from './messages.js';
import { parseSubject } from './subjects.js';

/** A message that may be trusted to have the shape that its type says, or why there is none. */
export type CheckedMessage =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

/**
 * Checks a header of unknown shape, and that a tensor is there where the type calls for one and nowhere else. The
 * header of the result is a copy; the tensor is the same object.
 */
export function checkMessage(header: unknown, tensor: Float32Array | null): CheckedMessage {
  const parsed = messageSchema.safeParse(header);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const field = issue === undefined || issue.path.length === 0 ? 'header' : issue.path.join('.');
    return { ok: false, reason: oneLine(`${field}: ${issue?.message ?? 'not valid'}`) };
  }
  const { type } = parsed.data;
  const carries = type === 'update' || type === 'assign';
  if (carries && tensor === null) return { ok: false, reason: `${type}: the tensor is missing` };
  if (!carries && tensor !== null) return { ok: false, reason: `${type}: carries a tensor, but must not` };
  return { ok: true, message: { header: parsed.data, tensor } };
}

/** Why a header must not travel on this subject: it names another run, process, worker or family. Null: it may; subjects
 *  outside a run's families are not looked at. */
export function addressProblem(subject: string, header: MessageHeader): string | null {
  const address = parseSubject(subject);
  if (address === null) return null;
  if (header.run !== address.run) return `the header names run "${header.run}", the subject "${address.run}"`;
  const family = familyOf(header);
  if (family !== address.family) return `"${header.type}" travels on ${family} subjects only`;
  if ('process' in header && header.process !== address.process) {
    return `the header names process "${header.process}", the subject process "${address.process}"`;
  }
  if ('worker' in header && header.worker !== address.worker) {
    return `the header names worker ${header.worker}, the subject worker ${address.worker}`;
  }
  return null;
}

/** Text from outside, fit for one line of a log. */
function oneLine(text: string): string {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
