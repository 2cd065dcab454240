import { StalewartError } from '../src/errors.js';

/** Whether a message was not sent only because the transport is closed, as it is at the end of a run. */
export function isClosed(error: unknown): boolean {
  return error instanceof StalewartError && error.code === 'SERVICE';
}
