/**
 * A server's hold on the leader lease: drives the state machine with a clock and the lease's key, and tells where it stands.
 * Invariant: `mayCommit` is answered from clocks alone, at the moment it is asked: a process that was stopped and wakes up
 * hears "no" before anything else has run.
 */
import { isDeepStrictEqual } from 'node:util';
import { BehaviorSubject, type Observable, filter, firstValueFrom, map } from 'rxjs';
import type { CancelTimer, Clock } from '../../clock/clock.js';
import { oneLineOf, StalewartError } from '../../errors.js';
import {
  initialLeaseState,
  type LeaseInput,
  type LeaseRequest,
  type LeaseState,
  leaseTerms,
  mayCommit,
  stepLease,
} from './lease-machine.js';
import { epochOf, type LeaseEntry, type LeaseRecord } from './lease-record.js';

/** The key that servers compete for. What a request rejects with leaves open whether it was carried out. */
export interface LeaseKey {
  /** @throws StalewartError when it never can be read: then the lease fails */
  read(): Promise<LeaseEntry>;
  /** @returns the new revision; null: the key's revision is not the expected one, and nothing was written */
  write(record: LeaseRecord, expected: number): Promise<number | null>;
}

/** Where a server stands; the last five are final. */
export type LeaseStanding =
  | {
      readonly type: 'waiting';
      /** Who leads; null: nobody, or not known yet. */
      readonly leader: { readonly holder: string; readonly epoch: number } | null;
      /** Whether the leader is known to live: it has renewed the lease since this server looks. */
      readonly leaderLives: boolean;
      readonly trouble: string | null;
    }
  | { readonly type: 'leading'; readonly epoch: number }
  /** It could not renew the lease in time: nothing may be committed until it can, or finds that it is deposed. */
  | { readonly type: 'frozen'; readonly epoch: number; readonly trouble: string }
  | {
      readonly type: 'deposed';
      readonly epoch: number;
      /** Null: the key was deleted, or made anew. */
      readonly by: string | null;
      readonly byEpoch: number;
    }
  | { readonly type: 'released' }
  /** The run has ended and needs no leader. */
  | { readonly type: 'over'; readonly outcome: string }
  | { readonly type: 'failed'; readonly error: StalewartError }
  | { readonly type: 'closed' };

export interface LeaderLease {
  /** Starts with the present standing; completes with `close`. */
  readonly standing$: Observable<LeaseStanding>;
  standing(): LeaseStanding;
  /** Whether this server is the leader beyond doubt at this moment. */
  mayCommit(): boolean;
  /** Resolves when it may. @throws StalewartError DEPOSED when it never will again, or what made the lease fail */
  whenMayCommit(): Promise<void>;
  /**
   * Begins to compete, and resolves with the epoch once this server leads.
   * @param standby wait while another leads; else refuse as soon as one is seen to live
   * @throws StalewartError SERVICE if another leads and this is no standby, CONFIG if the run has ended; the signal's reason
   */
  acquire(standby: boolean, signal?: AbortSignal): Promise<number>;
  /**
   * Gives the lease up, so that a standby need not wait: from now on nothing may be committed.
   * @param outcome how the run ended, where it has: no standby takes over then
   * @returns whether that stands in the key; false: it could not be written within a term, or was not ours to write
   */
  release(outcome?: string): Promise<boolean>;
  /** Ends the renewals, and writes nothing. Calling it again does nothing. */
  close(): void;
}

export interface LeaderLeaseOptions {
  readonly key: LeaseKey;
  /** What others call this server, and what no other life of any server is called. */
  readonly holder: string;
  /** How long the lease holds after its last renewal. */
  readonly ttlSeconds: number;
  readonly clock: Clock;
  /** Seconds of the system's date: it goes on while a machine sleeps, where the clock may stand still. */
  readonly date?: () => number;
}

const isFinal = ({ type }: LeaseStanding): boolean =>
  type !== 'waiting' && type !== 'leading' && type !== 'frozen';

export function createLeaderLease(options: LeaderLeaseOptions): LeaderLease {
  const { key, holder, ttlSeconds, clock, date = () => Date.now() / 1000 } = options;
  const terms = leaseTerms(holder, ttlSeconds);
  const standings = new BehaviorSubject<LeaseStanding>(nobody);
  let state: LeaseState = initialLeaseState(clock.now());
  let begun = false;
  let closed = false;
  let failure: StalewartError | null = null;
  let cancelTimer: CancelTimer = () => undefined;
  /** By how much the date was ahead of the clock when each write of unknown fate was sent, and the one that is trusted. */
  const leads = new Map<number, number>();
  let trustedLead = 0;

  const lead = (): number => date() - clock.now();
  /** The machine slept: more time has passed than the clock tells. (Also when the date was set forward: no harm.) */
  const hasSlept = (): boolean => lead() - trustedLead > terms.margin / 2;
  const isTrusted = (): boolean =>
    failure === null && !closed && mayCommit(state, clock.now()) && !hasSlept();

  const frozenBecause = (): string =>
    state.giveUp === null ? 'the lease was not renewed in time' : 'the lease is being given up';

  const tell = (): void => {
    const standing = standingOf();
    if (!isDeepStrictEqual(standing, standings.value)) standings.next(standing);
  };

  const standingOf = (): LeaseStanding => {
    if (failure !== null) return { type: 'failed', error: failure };
    const { phase, seen, trouble } = state;
    switch (phase.type) {
      case 'following': {
        const entry = seen?.entry;
        const record = entry?.record ?? null;
        const isHeld = entry !== undefined && record?.status === 'held';
        return {
          type: 'waiting',
          leader: isHeld ? { holder: record.holder, epoch: epochOf(entry) } : null,
          leaderLives: isHeld && (seen?.renewed ?? false),
          trouble,
        };
      }
      case 'leading':
        return isTrusted()
          ? { type: 'leading', epoch: phase.epoch }
          : { type: 'frozen', epoch: phase.epoch, trouble: trouble ?? frozenBecause() };
      case 'deposed': {
        const { by, epoch } = phase;
        return { type: 'deposed', epoch, by: by.record?.holder ?? null, byEpoch: epochOf(by) };
      }
      case 'released':
        return { type: 'released' };
      case 'over':
        return { type: 'over', outcome: phase.outcome };
    }
  };

  const step = (input: LeaseInput): void => {
    if (closed || failure !== null) return;
    const trustBefore = trustOf(state);
    const { state: after, request } = stepLease(state, input, clock.now(), terms);
    state = after;
    if (trustOf(after) !== trustBefore) {
      const write =
        input.type === 'written' ? input.write : input.type === 'read' ? input.entry.record?.write : 0;
      trustedLead = leads.get(write ?? 0) ?? Number.NEGATIVE_INFINITY;
      leads.clear();
    }
    if (request !== null) carryOut(request);
    tell();
    if (isFinal(standings.value)) cancelTimer();
    else wake();
  };

  const carryOut = (request: LeaseRequest): void => {
    const fail = (error: unknown): void => {
      if (error instanceof StalewartError) {
        failure = error;
        tell();
      } else step({ type: 'failed', reason: oneLineOf(error) });
    };
    if (request.type === 'read') {
      key.read().then((entry) => step({ type: 'read', entry }), fail);
      return;
    }
    const { record, expected } = request;
    const { write } = record;
    leads.set(write, lead());
    key
      .write(record, expected)
      .then(
        (revision) =>
          step(revision === null ? { type: 'conflict', write } : { type: 'written', write, revision }),
        fail,
      );
  };

  /** At the next request's time, and at the moment from which the lease is not to be trusted. */
  const wake = (): void => {
    cancelTimer();
    const now = clock.now();
    const times = state.asking === null ? [state.dueAt] : [];
    const trusted = trustOf(state);
    if (trusted > now) times.push(trusted);
    if (times.length === 0) return;
    cancelTimer = clock.after(Math.max(0, Math.min(...times) - now), () => step({ type: 'tick' }));
  };

  const settled = async <Value>(outcome: (standing: LeaseStanding) => Value | null): Promise<Value> =>
    firstValueFrom(
      standings.pipe(
        map(outcome),
        filter((value) => value !== null),
      ),
    );

  return {
    standing$: standings.asObservable(),
    standing: () => standings.value,
    mayCommit: isTrusted,

    async whenMayCommit() {
      if (isTrusted()) return;
      if (closed) throw lostError({ type: 'closed' });
      // What is told may be older than what the clock says.
      tell();
      await settled((standing) => {
        if (standing.type === 'leading') return true;
        if (isFinal(standing)) throw lostError(standing);
        return null;
      });
    },

    async acquire(standby, signal) {
      signal?.throwIfAborted();
      if (closed) throw lostError({ type: 'closed' });
      if (!begun) {
        begun = true;
        step({ type: 'tick' });
      }
      const broken = new Promise<never>((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
      const leading = settled((standing) => {
        if (standing.type === 'leading') return standing.epoch;
        if (isFinal(standing)) throw lostError(standing);
        if (!standby && standing.type === 'waiting' && standing.leaderLives) throw ledError(standing.leader);
        return null;
      });
      return Promise.race([leading, broken]);
    },

    async release(outcome) {
      if (closed || failure !== null) return false;
      let cancelTerm: CancelTimer = () => undefined;
      const term = new Promise<'late'>((resolve) => {
        cancelTerm = clock.after(ttlSeconds, () => resolve('late'));
      });
      step({ type: 'release', outcome: outcome ?? null });
      const wanted = outcome === undefined ? 'released' : 'over';
      const end = await Promise.race([
        term,
        settled((standing) => (isFinal(standing) ? standing.type : null)),
      ]);
      cancelTerm();
      return end === wanted;
    },

    close() {
      if (closed) return;
      closed = true;
      cancelTimer();
      if (!isFinal(standings.value)) standings.next({ type: 'closed' });
      standings.complete();
    },
  };
}

const nobody: LeaseStanding = { type: 'waiting', leader: null, leaderLives: false, trouble: null };

function trustOf({ phase }: LeaseState): number {
  return phase.type === 'leading' ? phase.trustUntil : Number.NEGATIVE_INFINITY;
}

function ledError(leader: { readonly holder: string; readonly epoch: number } | null): StalewartError {
  const who = leader === null ? 'another server' : `${leader.holder} (epoch ${leader.epoch})`;
  return new StalewartError(
    'SERVICE',
    `the run is led by ${who}: start this server with --standby to have it wait, or choose another --run`,
    { field: 'run' },
  );
}

function lostError(standing: LeaseStanding): StalewartError {
  switch (standing.type) {
    case 'failed':
      return standing.error;
    case 'deposed': {
      const by = standing.by === null ? 'its lease was removed' : `${standing.by} has taken over`;
      const message = `this server leads no more: ${by} (epoch ${standing.byEpoch}, ours was ${standing.epoch}); start it again with --standby`;
      return new StalewartError('DEPOSED', message);
    }
    case 'over':
      return new StalewartError(
        'CONFIG',
        `run is over (${standing.outcome}): choose another --run, or remove what it left in NATS`,
        { field: 'run' },
      );
    default:
      return new StalewartError('DEPOSED', 'this server has given the lease up');
  }
}
