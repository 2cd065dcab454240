/**
 * Where messages travel: `stalewart.<run>.server.<worker>` (worker → server) and `stalewart.<run>.worker.<worker>`
 * (server → worker). The worker's number is the last token of both, so that a NATS permission can confine a worker to
 * its own two subjects. Invariant: a subject and the header of a message on it never name different runs, workers or
 * directions (`addressProblem` in `check-message.ts`).
 */
import { z } from 'zod';

const root = 'stalewart';
const runIdPattern = /^[A-Za-z0-9_-]{1,128}$/;
const workerPattern = /^(?:0|[1-9][0-9]{0,15})$/;
/** No white space, no control characters, no wildcard: what NATS takes as one token of a subject. */
const tokenPattern = /^[^\s.*>\p{Cc}]+$/u;
const maxSubjectLength = 255;

/** Name of a run: 1 … 128 letters, digits, `-` and `_`, so that it is one token of a subject and a folder's name. */
export const runIdSchema = z.string().regex(runIdPattern, 'must be 1 to 128 letters, digits, "-" and "_"');

export type Direction = 'to-server' | 'to-worker';

export interface Address {
  readonly run: string;
  readonly direction: Direction;
  readonly worker: number;
}

function checked(run: string, worker: number): string {
  if (!runIdPattern.test(run)) {
    throw new RangeError(`run is ${JSON.stringify(run)}: it must be 1 to 128 letters, digits, "-" and "_"`);
  }
  if (!Number.isSafeInteger(worker) || worker < 0) {
    throw new RangeError(`worker is ${worker}: it must be an integer from 0`);
  }
  return String(worker);
}

/** Where this worker (or its supervisor) publishes for the server. Throws RangeError if `run` or `worker` is invalid. */
export function serverSubject(run: string, worker: number): string {
  return `${root}.${run}.server.${checked(run, worker)}`;
}

/** What the server subscribes to: everything from every worker of the run. Throws RangeError if `run` is invalid. */
export function serverInbox(run: string): string {
  checked(run, 0);
  return `${root}.${run}.server.*`;
}

/** Where the server publishes for this worker, who subscribes to it. Throws RangeError as `serverSubject`. */
export function workerSubject(run: string, worker: number): string {
  return `${root}.${run}.worker.${checked(run, worker)}`;
}

/** Reads a subject made by `serverSubject` or `workerSubject`; null: it is neither. */
export function parseSubject(subject: string): Address | null {
  const [first, run, side, worker, ...rest] = subject.split('.');
  if (first !== root || run === undefined || worker === undefined || rest.length > 0) return null;
  if (!runIdPattern.test(run) || !workerPattern.test(worker) || !Number.isSafeInteger(Number(worker))) {
    return null;
  }
  if (side === 'server') return { run, direction: 'to-server', worker: Number(worker) };
  if (side === 'worker') return { run, direction: 'to-worker', worker: Number(worker) };
  return null;
}

/** Why nothing can be published on this subject; null: it is well-formed. */
export function subjectProblem(subject: string): string | null {
  return tokensProblem(subject, (token) => tokenPattern.test(token));
}

/** Why this subject cannot be subscribed to (`*` stands for one token, a last `>` for one or more); null: it can. */
export function patternProblem(pattern: string): string | null {
  return tokensProblem(
    pattern,
    (token, last) => token === '*' || (token === '>' && last) || tokenPattern.test(token),
  );
}

function tokensProblem(subject: string, allowed: (token: string, last: boolean) => boolean): string | null {
  if (subject.length > maxSubjectLength) {
    return `a subject of ${subject.length} characters: at most ${maxSubjectLength} are allowed`;
  }
  const tokens = subject.split('.');
  const wrong = tokens.findIndex((token, index) => !allowed(token, index === tokens.length - 1));
  return wrong < 0 ? null : `subject ${JSON.stringify(subject)}: token ${wrong + 1} is not allowed`;
}

/** Whether a subject is one of those that a pattern names. Both are taken to be well-formed. */
export function subjectMatches(pattern: string, subject: string): boolean {
  if (pattern === subject) return true;
  const wanted = pattern.split('.');
  const tokens = subject.split('.');
  for (const [index, want] of wanted.entries()) {
    if (want === '>') return tokens.length > index;
    const token = tokens[index];
    if (token === undefined || (want !== '*' && want !== token)) return false;
  }
  return wanted.length === tokens.length;
}
