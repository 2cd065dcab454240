/**
 * The registered policies as their papers state them, for the checks of traces: wait counts, bounds, weights, who waits, when
 * a round is full. Nothing here calls a policy's code; what a policy remembers is kept here in another way.
 */
import type { Commit, Contribution, WorkerId } from '../../protocols/sync/events.js';
import type { Part } from '../../protocols/sync/policy.js';
import type { PolicySettings } from '../../protocols/sync/settings.js';
import type { Situation } from './expected-decisions.js';

/** What is left out has the engine's default. */
export interface ExpectedPolicy {
  /** K^t with N workers there; null or left out: it follows the loss, or the round judges itself. */
  readonly waitCount?: (available: number) => number | null;
  /** τ_max^t of a commit with K of N. */
  readonly bound?: (k: number, n: number) => number;
  /** Of an update this many versions behind; null: it is refused. */
  readonly weight: (staleness: number) => number | null;
  readonly scale?: (contributions: readonly Contribution[]) => number;
  readonly isFull?: (situation: Situation) => boolean;
  readonly parts?: (situation: Situation) => readonly Part[];
  readonly pauses?: (worker: WorkerId, situation: Situation) => boolean;
  readonly limit?: number;
  readonly committed?: (commit: Commit, situation: Situation) => void;
}

const one = () => 1;
const all = (n: number) => n;

/** s(τ) of FedAsync, section 5.2 of arXiv 1903.03934: a the exponent or the slope, b the delay. */
function s(settings: PolicySettings, staleness: number): number {
  const { stalenessWeight, stalenessExponent, hingeDelay: b, hingeSlope: a } = settings;
  if (stalenessWeight === 'constant') return 1;
  if (stalenessWeight === 'polynomial') return Math.pow(1 + staleness, -stalenessExponent);
  return staleness > b ? 1 / (a * (staleness - b) + 1) : 1;
}

const makers: Readonly<Record<string, (settings: PolicySettings) => Partial<ExpectedPolicy>>> = {
  abs: (settings) => {
    const { threshold, a, maxStaleness = Infinity, waitCount } = settings;
    const rules = {
      'floor-a-over-k': (k: number) => Math.floor(a / k),
      'ceil-a-over-k': (k: number) => Math.ceil(a / k),
      'floor-an-over-k': (k: number, n: number) => Math.floor((a * n) / k),
      constant: () => maxStaleness,
    };
    return { waitCount: () => waitCount ?? null, bound: (k, n) => Math.max(1, rules[threshold](k, n)) };
  },
  'ada-sync': ({ waitCount }) => ({ waitCount: () => waitCount ?? null }),
  'ada-k-sync': ({ waitCount }) => ({ waitCount: () => waitCount ?? null, bound: one }),
  'k-async': ({ waitCount, k0 }) => ({ waitCount: () => waitCount ?? k0 }),
  'k-sync': ({ waitCount, k0 }) => ({ waitCount: () => waitCount ?? k0, bound: one }),
  'k-batch-sync': ({ waitCount, k0 }) => ({ waitCount: () => waitCount ?? k0, bound: one }),
  'k-batch-async': ({ waitCount, k0 }) => ({ waitCount: () => waitCount ?? k0 }),
  rennala: ({ waitCount, k0 }) => ({
    waitCount: () => waitCount ?? k0,
    weight: (staleness) => (staleness > 0 ? null : 1),
  }),
  fedbuff: (settings) => ({
    waitCount: () => settings.waitCount ?? settings.k0,
    weight: (staleness) => s(settings, staleness),
  }),
  asgd: () => ({ waitCount: one }),
  'dc-asgd': () => ({ waitCount: one }),
  'delayed-nesterov': () => ({ waitCount: one }),
  fedasync: (settings) => ({
    waitCount: one,
    weight: (staleness) => settings.mixing * s(settings, staleness),
  }),
  ringmaster: ({ maxStaleness, workers }) => ({
    waitCount: one,
    weight: (staleness) => (staleness >= (maxStaleness ?? 2 * workers) ? null : 1),
  }),
  'ringmaster-stops': ({ maxStaleness, workers }) => ({
    waitCount: one,
    bound: () => maxStaleness ?? 2 * workers,
  }),
  sync: () => ({ waitCount: all }),
  'local-sgd': () => ({ waitCount: all }),
  diloco: () => ({ waitCount: all }),
  ssp: ({ maxStaleness = 3, workers }) => expectedSsp(maxStaleness, workers),
  mindflayer: ({ timeLimit, trials }) => expectedMindflayer(timeLimit, trials),
  ringleader: () => expectedRingleader(),
};

/** Whoever has given more than `slack` updates more than the slowest waits. */
function expectedSsp(slack: number, workers: number): Partial<ExpectedPolicy> {
  // Of those who came later: from their first update on, counted from the slowest of that time.
  const clocks = new Map<WorkerId, number>(Array.from({ length: workers }, (_, worker) => [worker, 0]));
  let slowest = 0;
  return {
    waitCount: one,
    pauses: (worker) => (clocks.get(worker) ?? slowest) > slowest + slack,
    committed({ contributions }, { workers: books }) {
      for (const { worker } of contributions) clocks.set(worker, (clocks.get(worker) ?? slowest) + 1);
      const there = [...clocks].filter(([worker]) => books.get(worker)?.status !== 'gone');
      if (there.length > 0) slowest = Math.min(...there.map(([, clock]) => clock));
      // Given up and left behind: should it come back, nobody waits for it to make up for that.
      for (const [worker, clock] of clocks) if (clock < slowest) clocks.delete(worker);
    },
  };
}

/** Everybody there has made `trials` attempts, by giving an update or by overrunning, and something was given. */
function expectedMindflayer(limit: number, trials: number): Partial<ExpectedPolicy> {
  const hasDone = (who: WorkerId, { held, overruns }: Situation): boolean => {
    const given = held.filter(({ worker }) => worker === who).length;
    return given + (overruns.get(who) ?? 0) >= trials;
  };
  return {
    limit,
    bound: one,
    isFull: (situation) =>
      [...situation.workers].every(
        ([worker, { status }]) => status !== 'living' || hasDone(worker, situation),
      ),
    pauses: (worker, situation) => situation.held.length > 0 && hasDone(worker, situation),
  };
}

/** A table with something of everybody, then one step over it for each, in it the update with which it is made. */
function expectedRingleader(): Partial<ExpectedPolicy> {
  /** Who has made a step with the table; null: it is being filled. */
  let stepped: Set<WorkerId> | null = null;
  const there = ({ workers }: Situation): WorkerId[] =>
    [...workers].filter(([, { status }]) => status !== 'gone').map(([worker]) => worker);
  /** Of those there. */
  const left = (situation: Situation): WorkerId[] =>
    there(situation).filter((worker) => stepped?.has(worker) !== true);
  const used = ({ held }: Situation) =>
    held.filter(({ applied }, place) => stepped === null || applied || place === held.length - 1);
  return {
    isFull(situation) {
      const { held } = situation;
      const last = held.at(-1);
      if (last === undefined || last.applied) return false;
      if (stepped !== null) return left(situation).length === 0 || left(situation).includes(last.worker);
      return there(situation).every((who) => held.some(({ worker }) => worker === who));
    },
    parts(situation) {
      const last = situation.held.at(-1);
      const keep = left(situation).some((worker) => worker !== last?.worker);
      const table = used(situation);
      return table.map(({ updateId, worker }) => {
        const mates = table.filter((other) => other.worker === worker);
        return { updateId, weight: 1 / mates.length, keep };
      });
    },
    scale: (contributions) => 1 / new Set(contributions.map(({ worker }) => worker)).size,
    committed({ contributions }, situation) {
      stepped = new Set([...(stepped ?? []), ...contributions.slice(-1).map(({ worker }) => worker)]);
      if (left(situation).length === 0) stepped = null;
    },
  };
}

/** The policy of this name, with its modifiers. */
export function expectedPolicy(name: string, settings: PolicySettings): ExpectedPolicy {
  if (name.startsWith('sa-')) {
    const rest = expectedPolicy(name.slice(3), settings);
    const weight = (staleness: number): number | null => {
      const full = rest.weight(staleness);
      return full === null ? null : full / Math.max(1, staleness);
    };
    return { ...rest, weight };
  }
  if (name.startsWith('ga-')) return expectedPolicy(name.slice(3), settings);
  const make = makers[name];
  if (make === undefined) {
    throw new Error(`nothing is expected of the policy ${name}: say it in test/support/expected-policies.ts`);
  }
  return { weight: one, ...make(settings) };
}
