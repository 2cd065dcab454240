/**
 * The leader lease as a pure state machine: answers and the passing of time go in, the next request comes out. Time is the
 * server's own, monotonic, and no clock is ever compared with another machine's.
 *
 * Invariant: of all servers at most one `mayCommit`. The leader counts its term from the moment it *sent* the write that
 * renewed it, and ends it a margin early; a follower takes over when it has seen one revision, unchanged, for a whole term
 * counted from an *answer* that showed it, and by compare-and-set on that revision: a renewal that arrived meanwhile wins.
 * (Gray and Cheriton, "Leases", SOSP 1989.)
 *
 * A request whose answer is lost may still be carried out, also later. So a write of unknown fate is remembered, and the
 * key is read again before anything else is concluded.
 */
import type { LeaseEntry, LeaseRecord } from './lease-record.js';

export interface LeaseTerms {
  /** Names this life of this server, see `LeaseRecord.holder`. */
  readonly holder: string;
  /** How long the lease holds after its last renewal, seconds. */
  readonly ttl: number;
  /** How much earlier its holder stops to trust it: for clocks that run at different speeds. */
  readonly margin: number;
  /** Time between renewals. */
  readonly renewEvery: number;
  /** Time between two looks of a follower, and before a request that failed is made again. */
  readonly lookEvery: number;
}

/** The usual shares of a term: a leader may miss one renewal, a follower takes over within 1.2 terms of the last one. */
export function leaseTerms(holder: string, ttl: number): LeaseTerms {
  return { holder, ttl, margin: ttl / 10, renewEvery: ttl / 3, lookEvery: ttl / 6 };
}

export type LeaseInput =
  /** Time has passed; nothing else is new. */
  | { readonly type: 'tick' }
  | { readonly type: 'read'; readonly entry: LeaseEntry }
  | { readonly type: 'written'; readonly write: number; readonly revision: number }
  /** The key's revision was not the expected one: nothing was written. */
  | { readonly type: 'conflict'; readonly write: number }
  /** No answer, or none that says whether it was carried out. */
  | { readonly type: 'failed'; readonly reason: string }
  /** Give the lease up; `outcome`, where the run is over and no one shall take it. */
  | { readonly type: 'release'; readonly outcome: string | null };

export type LeaseRequest =
  | { readonly type: 'read' }
  /** Compare-and-set: only if the key's revision is `expected`. */
  | { readonly type: 'write'; readonly record: LeaseRecord; readonly expected: number };

export type LeasePhase =
  | { readonly type: 'following' }
  /** The lease is its own until another revision shows; it may act on that until `trustUntil`. */
  | {
      readonly type: 'leading';
      readonly epoch: number;
      readonly revision: number;
      readonly trustUntil: number;
    }
  | { readonly type: 'deposed'; readonly epoch: number; readonly by: LeaseEntry }
  | { readonly type: 'released' }
  | { readonly type: 'over'; readonly outcome: string };

export interface LeaseState {
  readonly phase: LeasePhase;
  /** What a follower sees: unchanged in every look between the two times. */
  readonly seen: {
    readonly entry: LeaseEntry;
    readonly since: number;
    readonly last: number;
    /** Whether its holder has renewed it before this server's eyes. */
    readonly renewed: boolean;
  } | null;
  /** Asked for by `release`. */
  readonly giveUp: { readonly outcome: string | null } | null;
  /** A request is under way: nothing else is asked until its answer, or its failure. */
  readonly asking: LeaseRequest | null;
  /** When the next request is due. */
  readonly dueAt: number;
  /** Whether it is a look rather than a write, for a leader. */
  readonly mustLook: boolean;
  readonly writes: number;
  /** Writes of unknown fate, and when they were sent. */
  readonly unknown: readonly { readonly write: number; readonly sentAt: number }[];
  /** Why the last request failed; null: it did not. */
  readonly trouble: string | null;
}

export function initialLeaseState(now: number): LeaseState {
  return {
    phase: { type: 'following' },
    seen: null,
    giveUp: null,
    asking: null,
    dueAt: now,
    mustLook: false,
    writes: 0,
    unknown: [],
    trouble: null,
  };
}

/** Whether this server is the leader beyond doubt at this moment. */
export function mayCommit({ phase, giveUp }: LeaseState, now: number): boolean {
  return phase.type === 'leading' && giveUp === null && now < phase.trustUntil;
}

export interface LeaseStep {
  readonly state: LeaseState;
  readonly request: LeaseRequest | null;
}

/** One turn: takes the input in and, if nothing is under way, says what to ask next. `now` never goes backwards. */
export function stepLease(before: LeaseState, input: LeaseInput, now: number, terms: LeaseTerms): LeaseStep {
  return ask(takeIn(before, input, now, terms), now, terms);
}

function takeIn(state: LeaseState, input: LeaseInput, now: number, terms: LeaseTerms): LeaseState {
  switch (input.type) {
    case 'tick':
      return state;
    case 'release':
      if (state.giveUp !== null) return state;
      return { ...state, giveUp: { outcome: input.outcome }, dueAt: now };
    case 'failed':
      return {
        ...state,
        asking: null,
        trouble: input.reason,
        mustLook: true,
        dueAt: now + terms.lookEvery,
      };
    case 'conflict':
      return {
        ...state,
        asking: null,
        trouble: null,
        unknown: state.unknown.filter(({ write }) => write !== input.write),
        mustLook: true,
        dueAt: now,
      };
    case 'written': {
      const { asking } = state;
      const answered = { ...state, asking: null, trouble: null };
      if (asking?.type === 'write' && asking.record.status !== 'held') return ended(answered, asking.record);
      return landed(answered, input.write, input.revision, terms);
    }
    case 'read':
      return looked({ ...state, asking: null, trouble: null, mustLook: false }, input.entry, now, terms);
  }
}

/** A write of ours stands at this revision: as we were told, or as we see. */
function landed(state: LeaseState, write: number, revision: number, terms: LeaseTerms): LeaseState {
  const sentAt = state.unknown.find((sent) => sent.write === write)?.sentAt;
  // Sent too long ago to be remembered: it renews nothing any more.
  const trustUntil = sentAt === undefined ? Number.NEGATIVE_INFINITY : sentAt + terms.ttl - terms.margin;
  const dueAt = sentAt === undefined ? Number.NEGATIVE_INFINITY : sentAt + terms.renewEvery;
  const known = { ...state, unknown: [], mustLook: false, dueAt, seen: null };
  if (state.phase.type === 'leading') {
    return {
      ...known,
      phase: { ...state.phase, revision, trustUntil: Math.max(trustUntil, state.phase.trustUntil) },
    };
  }
  return { ...known, phase: { type: 'leading', epoch: revision, revision, trustUntil } };
}

function looked(state: LeaseState, entry: LeaseEntry, now: number, terms: LeaseTerms): LeaseState {
  const { record, revision } = entry;
  const { phase } = state;
  const isOurs = record?.holder === terms.holder;
  if (isOurs && record.status !== 'held') return ended(state, record);
  if (phase.type === 'leading') {
    if (isOurs) {
      // An answer that is older than what we know, or the write that we know of: try again.
      if (revision <= phase.revision) return { ...state, dueAt: now };
      return landed(state, record.write, revision, terms);
    }
    // Also a lower revision: then the whole key was made anew, and what it says is not for us.
    return { ...state, phase: { type: 'deposed', epoch: phase.epoch, by: entry } };
  }
  if (isOurs) return landed(state, record.write, revision, terms);
  if (record?.status === 'over') return ended(state, record);
  if (state.giveUp !== null) return { ...state, phase: { type: 'released' } };
  const { seen } = state;
  const isSame = seen !== null && seen.entry.revision === revision;
  const renewed = seen !== null && (isSame ? seen.renewed : isRenewal(seen.entry, entry));
  // While nobody could read it, its holder could not renew it either: it gets its chance first.
  const isUnbroken = isSame && now - seen.last <= terms.ttl / 2;
  const since = isUnbroken ? seen.since : now;
  return {
    ...state,
    seen: { entry, since, last: now, renewed },
    dueAt: isFree(entry) ? now : Math.min(now + terms.lookEvery, Math.max(now, since + terms.ttl)),
  };
}

function ended(state: LeaseState, { status, outcome }: LeaseRecord): LeaseState {
  const phase: LeasePhase =
    status === 'over' ? { type: 'over', outcome: outcome ?? '' } : { type: 'released' };
  return { ...state, phase };
}

const isFree = ({ record }: LeaseEntry): boolean => record === null || record.status === 'released';

/** The same leader has written again. */
function isRenewal(before: LeaseEntry, after: LeaseEntry): boolean {
  return (
    after.record !== null && before.record?.holder === after.record.holder && after.revision > before.revision
  );
}

function ask(state: LeaseState, now: number, terms: LeaseTerms): LeaseStep {
  const { phase, seen, giveUp } = state;
  const none = { state, request: null };
  if (state.asking !== null || now < state.dueAt) return none;
  switch (phase.type) {
    case 'deposed':
    case 'released':
    case 'over':
      return none;
    case 'following': {
      if (giveUp !== null && state.unknown.length === 0) {
        return { state: { ...state, phase: { type: 'released' } }, request: null };
      }
      const mayTake =
        seen !== null &&
        !state.mustLook &&
        seen.last === now &&
        (isFree(seen.entry) || now - seen.since >= terms.ttl);
      return mayTake
        ? write(state, now, terms, { epoch: 0, status: 'held', outcome: null }, seen.entry.revision)
        : look(state);
    }
    case 'leading': {
      if (state.mustLook) return look(state);
      const { epoch, revision } = phase;
      if (giveUp === null)
        return write(state, now, terms, { epoch, status: 'held', outcome: null }, revision);
      const { outcome } = giveUp;
      const status = outcome === null ? 'released' : 'over';
      return write(state, now, terms, { epoch, status, outcome }, revision);
    }
  }
}

function look(state: LeaseState): LeaseStep {
  const request: LeaseRequest = { type: 'read' };
  return { state: { ...state, asking: request }, request };
}

function write(
  state: LeaseState,
  now: number,
  { holder, ttl }: LeaseTerms,
  content: Pick<LeaseRecord, 'epoch' | 'status' | 'outcome'>,
  expected: number,
): LeaseStep {
  const write = state.writes + 1;
  const request: LeaseRequest = {
    type: 'write',
    record: { format: 1, holder, write, ...content },
    expected,
  };
  // What was sent longer ago renews nothing, whenever it lands.
  const unknown = state.unknown.filter(({ sentAt }) => now - sentAt < ttl);
  return {
    state: { ...state, asking: request, writes: write, unknown: [...unknown, { write, sentAt: now }] },
    request,
  };
}
