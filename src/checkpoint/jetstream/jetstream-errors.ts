/** What JetStream's errors mean, by the numbers that nats-server gives them (its `server/errors.json`). */
import { oneLineOf } from '../../errors.js';

export const jetStreamErrors = {
  /** Compare-and-set: the subject's last sequence is another. */
  wrongLastSequence: 10_071,
  streamNotFound: 10_059,
  messageNotFound: 10_037,
  /** The server is alone: there is nobody to hold a second copy. */
  notClustered: 10_074,
  /** Too few nodes of the cluster are there, or have room. */
  noSuitablePeers: 10_005,
  notEnabledForAccount: 10_039,
  notEnabled: 10_076,
} as const;

/** The number; null: the error is not from JetStream, or there was no answer at all. */
export function jetStreamErrorCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('api_error' in error)) return null;
  const { api_error: details } = error;
  if (typeof details !== 'object' || details === null || !('err_code' in details)) return null;
  return typeof details.err_code === 'number' ? details.err_code : null;
}

/** Whether the server says that it has no JetStream, or that it is not for this account. */
export function isWithoutJetStream(error: unknown): boolean {
  const code = jetStreamErrorCode(error);
  if (code === jetStreamErrors.notEnabled || code === jetStreamErrors.notEnabledForAccount) return true;
  return codeOf(error) === '503' || codeOf(error) === 'JETSTREAM_NOT_ENABLED';
}

const inWords: Readonly<Record<string, string>> = {
  TIMEOUT: 'no answer from JetStream',
  CONNECTION_CLOSED: 'the connection was cut',
  DISCONNECT: 'the connection was cut',
  '503': 'nobody answers for it',
};

/** A few words on why a request failed. */
export function jetStreamReason(error: unknown): string {
  return inWords[codeOf(error)] ?? oneLineOf(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
