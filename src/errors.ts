/**
 * Every error that a user may meet: one class with a stable code, the exit code of the command line, the offending
 * value, the cause, and a sentence that says the mend.
 */

/** Exit codes of the command line. */
export const exitCodes = {
  finished: 0,
  failed: 1,
  usage: 2,
  brokenPromise: 3,
  unavailable: 4,
  stopped: 130,
} as const;

export type ErrorCode =
  | 'CONFIG' // a field has a wrong value: exit 2
  | 'OUTPUT' // the output folder cannot be used: exit 2
  | 'WRITE' // what the run made could not be written any more: exit 1
  | 'STOPPED' // the user stopped the run before it began to train: exit 130
  | 'SERVICE' // a service (NATS) is not there: exit 4
  | 'DEPOSED' // another server leads the run now: exit 4
  | 'DATA' // a data set is missing or broken: exit 4
  | 'MODEL' // a user's model or loss cannot be used: exit 2
  | 'COMPUTE' // a gradient step failed: exit 1
  | 'POLICY' // a policy of the user's threw or decided what it must not: exit 1
  | 'NON_FINITE' // the loss or an update is NaN or infinite: exit 1
  | 'UPDATE_NORM' // only updates longer than allowed came: exit 1
  | 'NO_ROUND' // the time given admits no round: exit 2
  | 'NO_WORKERS' // every worker is gone: exit 1
  | 'WIRE'; // a message is malformed: exit 1

const exitCodeOf: Readonly<Record<ErrorCode, number>> = {
  CONFIG: exitCodes.usage,
  OUTPUT: exitCodes.usage,
  WRITE: exitCodes.failed,
  STOPPED: exitCodes.stopped,
  MODEL: exitCodes.usage,
  SERVICE: exitCodes.unavailable,
  DEPOSED: exitCodes.unavailable,
  DATA: exitCodes.unavailable,
  COMPUTE: exitCodes.failed,
  POLICY: exitCodes.failed,
  NON_FINITE: exitCodes.failed,
  UPDATE_NORM: exitCodes.failed,
  NO_ROUND: exitCodes.usage,
  NO_WORKERS: exitCodes.failed,
  WIRE: exitCodes.failed,
};

export interface StalewartErrorDetails {
  /** The field that is wrong, as the user wrote it (`--batch-size`, `batchSize`). */
  readonly field?: string;
  readonly value?: unknown;
  /** What it may be. */
  readonly allowed?: string;
  readonly cause?: unknown;
}

export class StalewartError extends Error {
  override readonly name = 'StalewartError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly value: unknown;
  readonly allowed: string | undefined;

  /** @param message one line that names the field, the value and what is allowed, or what failed and the mend */
  constructor(code: ErrorCode, message: string, details: StalewartErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.value = details.value;
    this.allowed = details.allowed;
  }

  /** Whether it is about what the user asked for, so that trying again would end the same way. */
  get isPermanent(): boolean {
    return this.exitCode === exitCodes.usage;
  }

  /** What the command line exits with. */
  get exitCode(): number {
    return exitCodeOf[this.code];
  }
}

/** A wrong value of a setting: one line naming the field, what it was and what it may be. */
export function configError(field: string, value: unknown, allowed: string): StalewartError {
  return new StalewartError('CONFIG', `${field} is ${shownValue(value)}: it must be ${allowed}`, {
    field,
    value,
    allowed,
  });
}

/** What an error says, or whatever was thrown in its place, on one line. */
export function oneLineOf(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).trim().replaceAll(/\s*\n\s*/g, ' ');
}

/** The first line of what an error says, where the lines after it only explain. */
export function firstLineOf(thrown: unknown): string {
  return oneLineOf((thrown instanceof Error ? thrown.message : String(thrown)).trim().split('\n', 1)[0]);
}

/** The value on one line. JSON has no NaN, no infinities, no big integers and no cycles. */
export function shownValue(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
