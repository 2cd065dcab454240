/**
 * Where messages travel. A run has six families of subjects under `stalewart.<run>`:
 *
 *     server.<process>.<worker>   worker → server          worker.<process>.<worker>   server → worker
 *     lobby.<process>             process → server         process.<process>           server → process
 *     announce                    the leading server → all events                      server → observers
 *
 * The name of its process is a token of everything that a worker may publish or hear, so that NATS permissions can confine
 * a process to its own name. Invariant: a subject and the header of a message on it never name different runs, processes,
 * workers or families (`addressProblem` in `check-message.ts`).
 */
import { z } from 'zod';

const root = 'stalewart';
const runIdPattern = /^[A-Za-z0-9_-]{1,128}$/;
const processPattern = /^[A-Za-z0-9_-]{1,64}$/;
const workerPattern = /^(?:0|[1-9][0-9]{0,15})$/;
/** No white space, no control characters, no wildcard: what NATS takes as one token of a subject. */
const tokenPattern = /^[^\s.*>\p{Cc}]+$/u;
const maxSubjectLength = 255;

const runIdRule = 'must be 1 to 128 letters, digits, "-" and "_"';
const processRule = 'must be 1 to 64 letters, digits, "-" and "_"';

/** Name of a run: 1 … 128 letters, digits, `-` and `_`, so that it is one token of a subject and a folder's name. */
export const runIdSchema = z.string().regex(runIdPattern, runIdRule);
/** Name of a process that hosts workers: one token of a subject. */
export const processNameSchema = z.string().regex(processPattern, processRule);

/** The process whose workers live beside their server. */
export const localProcess = 'local';

/** Who a message is for, or what it is about: the second token after the run. */
export type Family = 'server' | 'worker' | 'lobby' | 'process' | 'announce' | 'events';

export interface Address {
  readonly run: string;
  readonly family: Family;
  /** Null for `announce` and `events`, which name none. */
  readonly process: string | null;
  /** Null but for `server` and `worker`. */
  readonly worker: number | null;
}

function checkedRun(run: string): string {
  if (!runIdPattern.test(run)) throw new RangeError(`run is ${JSON.stringify(run)}: it ${runIdRule}`);
  return `${root}.${run}`;
}

function checkedProcess(process: string): string {
  if (processPattern.test(process)) return process;
  throw new RangeError(`process is ${JSON.stringify(process)}: it ${processRule}`);
}

function checkedWorker(worker: number): string {
  if (Number.isSafeInteger(worker) && worker >= 0) return String(worker);
  throw new RangeError(`worker is ${worker}: it must be an integer from 0`);
}

/** Where this worker (or its supervisor) publishes for the server. Throws RangeError for what cannot be a token. */
export function serverSubject(run: string, process: string, worker: number): string {
  return `${checkedRun(run)}.server.${checkedProcess(process)}.${checkedWorker(worker)}`;
}

/** What the server subscribes to: everything from every worker of the run. Throws RangeError if `run` is invalid. */
export function serverInbox(run: string): string {
  return `${checkedRun(run)}.server.*.*`;
}

/** Where the server publishes for this worker, who subscribes to it. Throws RangeError as `serverSubject`. */
export function workerSubject(run: string, process: string, worker: number): string {
  return `${checkedRun(run)}.worker.${checkedProcess(process)}.${checkedWorker(worker)}`;
}

/** Where a process asks the server for work, says that it lives, and takes its leave. Throws RangeError as `serverSubject`. */
export function lobbySubject(run: string, process: string): string {
  return `${checkedRun(run)}.lobby.${checkedProcess(process)}`;
}

/** What the server subscribes to: every process of the run. Throws RangeError if `run` is invalid. */
export function lobbyInbox(run: string): string {
  return `${checkedRun(run)}.lobby.*`;
}

/** Where the server publishes for a process as a whole. Throws RangeError as `serverSubject`. */
export function processSubject(run: string, process: string): string {
  return `${checkedRun(run)}.process.${checkedProcess(process)}`;
}

/** Where the leading server says again and again that it is there. Throws RangeError if `run` is invalid. */
export function announceSubject(run: string): string {
  return `${checkedRun(run)}.announce`;
}

/** Where the server tells observers what happens. Throws RangeError if `run` is invalid. */
export function eventsSubject(run: string): string {
  return `${checkedRun(run)}.events`;
}

/** Reads a subject made by one of the functions above; null: it is none of them. */
export function parseSubject(subject: string): Address | null {
  const [first, run, family, process, worker, ...rest] = subject.split('.');
  if (first !== root || run === undefined || rest.length > 0 || !runIdPattern.test(run)) return null;
  switch (family) {
    case 'server':
    case 'worker':
      if (process === undefined || !processPattern.test(process)) return null;
      if (worker === undefined || !workerPattern.test(worker) || !Number.isSafeInteger(Number(worker))) {
        return null;
      }
      return { run, family, process, worker: Number(worker) };
    case 'lobby':
    case 'process':
      if (process === undefined || !processPattern.test(process) || worker !== undefined) return null;
      return { run, family, process, worker: null };
    case 'announce':
    case 'events':
      return process === undefined ? { run, family, process: null, worker: null } : null;
    default:
      return null;
  }
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
