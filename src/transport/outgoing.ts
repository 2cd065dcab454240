/** What both transports ask of a message before they take it: a valid header, the right tensor, a subject that fits. */
import { addressProblem, checkMessage } from '../../protocols/wire/check-message.js';
import type { Message } from '../../protocols/wire/messages.js';
import { patternProblem, subjectProblem } from '../../protocols/wire/subjects.js';
import { StalewartError } from '../errors.js';

/** What `send` and `subscribe` throw for what cannot travel. */
export function wireError(field: string, value: unknown, reason: string): StalewartError {
  return new StalewartError('WIRE', `${field} is refused: ${reason}`, { field, value, allowed: reason });
}

/** The message with a header of its own. Throws StalewartError `WIRE`. */
export function checkOutgoing(subject: string, message: Message): Message {
  const badSubject = subjectProblem(subject);
  if (badSubject !== null) throw wireError('subject', subject, badSubject);
  const checked = checkMessage(message.header, message.tensor);
  if (!checked.ok) throw wireError('message', message.header, checked.reason);
  const misplaced = addressProblem(subject, checked.message.header);
  if (misplaced !== null) throw wireError('message', message.header, `on ${subject}: ${misplaced}`);
  return checked.message;
}

/** Throws StalewartError `WIRE` when the pattern cannot be subscribed to. */
export function checkPattern(pattern: string): void {
  const problem = patternProblem(pattern);
  if (problem !== null) throw wireError('subject', pattern, problem);
}

/** What `send` and `subscribe` reject with after `close`. */
export function closedError(name: string): StalewartError {
  return new StalewartError('SERVICE', `the ${name} transport is closed: open a new one to go on`);
}
