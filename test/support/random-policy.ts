/**
 * A policy with every hook, drawn by fast-check: it counts workers or mini-batches, admits some updates with any weight and
 * refuses others, restarts and pauses workers at will at every moment, limits the time of some tasks, judges for itself when
 * a round is full, applies parts of what is held and keeps others, scales its commits, and wants any wait count and any bound.
 *
 * Its rules are plain data, so that the checks of the engine's promises can tell what it decides without asking it.
 */
import fc from 'fast-check';
import type { Contribution } from '../../protocols/sync/events.js';
import type { Policy, RestartMoment } from '../../protocols/sync/policy.js';

export interface RandomRules {
  readonly counts: 'workers' | 'mini-batches';
  /** Wanted K^t of each round, over and over; any number at all. */
  readonly waitCounts: readonly number[];
  /** τ_max of the commit of each version, over and over; null: no hook. */
  readonly bounds: readonly number[] | null;
  readonly stalenessTest: 'ge' | 'gt';
  /** Weights of updates, by attempt + worker; null among them refuses the update; null instead: no hook. */
  readonly weights: readonly (number | null)[] | null;
  /** How many of 10 workers restart at will at each moment. */
  readonly restarts: Readonly<Record<RestartMoment, number>>;
  /** How many of 10 times a worker is to wait; null: no hook. */
  readonly pauses: number | null;
  /** Whether it tells what those who wait are waiting for. */
  readonly tellsWhatFor: boolean;
  /** Time limits of tasks, by attempt + worker; null among them: none; null instead: no hook. */
  readonly limits: readonly (number | null)[] | null;
  /** Contributions and overruns that make a round full, by version; null: no hook. */
  readonly full: readonly number[] | null;
  /** What becomes of the contributions that are held; null: no hook. */
  readonly parts: PartRules | null;
  /** Factor of the mean; null: no hook. */
  readonly scale: number | null;
}

export interface PartRules {
  /** Of 10 contributions, how many wait for a later commit, and how many are kept for others. */
  readonly left: number;
  readonly kept: number;
  /** Weights, by place among those held. */
  readonly weights: readonly number[];
}

const some = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: 1, maxLength: 4 });
const atTimes = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { freq: 2 });

export const arbitraryRules: fc.Arbitrary<RandomRules> = fc.record({
  counts: fc.constantFrom('workers', 'mini-batches'),
  waitCounts: some(
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 4 }) },
      { weight: 1, arbitrary: fc.constantFrom(0, -3, 0.2, 1.5, 2.01, 9, Number.NaN, Infinity, -Infinity) },
    ),
  ),
  bounds: fc.option(some(fc.constantFrom(1, 2, 3, Infinity))),
  stalenessTest: fc.constantFrom('ge', 'gt'),
  weights: fc.option(
    some(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom<(number | null)[]>(1, 0.5, 0, -1, 3) },
        { weight: 1, arbitrary: fc.constant(null) },
      ),
    ),
  ),
  restarts: fc.record({
    commit: fc.constantFrom(0, 2, 5),
    update: fc.constantFrom(0, 1, 3),
    deadline: fc.constantFrom(0, 5),
  }),
  pauses: atTimes(fc.constantFrom(2, 5, 10)),
  tellsWhatFor: fc.boolean(),
  limits: atTimes(some(fc.constantFrom(null, 1, 2.5))),
  full: atTimes(some(fc.integer({ min: 1, max: 4 }))),
  parts: atTimes(
    fc.record({
      left: fc.constantFrom(0, 3),
      kept: fc.constantFrom(0, 3, 6),
      weights: some(fc.constantFrom(1, 0.5, 0, -1)),
    }),
  ),
  scale: fc.option(fc.constantFrom(0.5, 2)),
});

interface RandomState {
  readonly commits: number;
  /** Tasks of the open round that overran their limit. */
  readonly overruns: number;
}

export function randomPolicy(rules: RandomRules): Policy<RandomState> {
  const {
    counts,
    waitCounts,
    bounds,
    stalenessTest,
    weights,
    pauses,
    tellsWhatFor,
    limits,
    full,
    parts,
    scale,
  } = rules;
  return {
    name: 'random',
    counts,
    stalenessTest,
    initial: () => ({ commits: 0, overruns: 0 }),
    waitCount: ({ commits }) => ({ value: ofRound(waitCounts, commits), reason: 'at will' }),
    committed: ({ commits }) => ({ commits: commits + 1, overruns: 0 }),
    overran: ({ commits, overruns }) => ({ commits, overruns: overruns + 1 }),
    restarts: (_state, { version, members }, moment) =>
      members
        .filter(({ worker }) => restartsAtWill(rules, moment, version, worker))
        .map(({ worker }) => ({ worker, reason: `at will, at this ${moment}` })),
    ...(bounds === null ? {} : { maxStaleness: (_state, _k, { version }) => ofRound(bounds, version) }),
    ...(weights === null
      ? {}
      : {
          admit: (_state, { attempt, worker }) => {
            const weight = ofRound(weights, attempt + worker);
            return weight === null
              ? { accept: false, reason: 'at will' }
              : { accept: true, weight, reason: 'at will' };
          },
        }),
    ...(pauses === null
      ? {}
      : {
          pause: (_state, worker, { version, contributions }) =>
            pausesAtWill(rules, version, worker, contributions.length) ? 'at will' : null,
        }),
    ...(pauses === null || !tellsWhatFor
      ? {}
      : { waitsFor: (_state, { version, contributions }) => (version * 3 + contributions.length) % 10 }),
    ...(limits === null
      ? {}
      : {
          timeLimit: (_state, worker, { members }) =>
            ofRound(limits, (members[worker]?.attempt ?? 0) + worker),
        }),
    ...(full === null
      ? {}
      : {
          isFull: ({ overruns }, { version, contributions }) =>
            contributions.length + overruns >= ofRound(full, version),
        }),
    ...(parts === null ? {} : { parts: (_state, held, { version }) => partsAtWill(parts, version, held) }),
    ...(scale === null ? {} : { scale: (_state, contributions) => scale / contributions.length }),
  };
}

/** The one of `values` that stands for this number, as they are repeated. */
export function ofRound<Value>(values: readonly Value[], round: number): Value {
  const value = values[round % values.length];
  if (value === undefined) throw new RangeError('no values');
  return value;
}

/** Whether the worker restarts at this moment, while the model has this version. */
export function restartsAtWill(
  { restarts }: RandomRules,
  moment: RestartMoment,
  version: number,
  worker: number,
): boolean {
  return (version * 7 + worker * 3 + moment.length) % 10 < restarts[moment];
}

/** Whether the worker is to wait, while the model has this version and so many contributions are held. */
export function pausesAtWill(
  { pauses }: RandomRules,
  version: number,
  worker: number,
  held: number,
): boolean {
  return pauses !== null && (version * 3 + worker * 7 + held) % 10 < pauses;
}

/** The parts of what is held in the commit that follows this version: always the last, some of the others. */
export function partsAtWill(
  { left, kept, weights }: PartRules,
  version: number,
  held: readonly Pick<Contribution, 'updateId' | 'worker'>[],
): { readonly updateId: string; readonly weight: number; readonly keep: boolean }[] {
  return held.flatMap(({ updateId, worker }, place) => {
    const draw = (version * 3 + worker * 7 + place) % 10;
    if (draw < left && place < held.length - 1) return [];
    return [{ updateId, weight: ofRound(weights, place), keep: draw >= 10 - kept }];
  });
}
