/**
 * A policy with every hook, drawn by fast-check: it counts workers or mini-batches, admits some updates with any weight and
 * refuses others, restarts workers at will at every moment, scales its commits, and wants any wait count and any bound.
 *
 * Its rules are plain data, so that the checks of the engine's promises can tell what it decides without asking it.
 */
import fc from 'fast-check';
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
  /** Factor of the mean; null: no hook. */
  readonly scale: number | null;
}

const some = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: 1, maxLength: 4 });

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
  scale: fc.option(fc.constantFrom(0.5, 2)),
});

/** Its state is the number of its commits. */
export function randomPolicy(rules: RandomRules): Policy<number> {
  const { counts, waitCounts, bounds, stalenessTest, weights, scale } = rules;
  return {
    name: 'random',
    counts,
    stalenessTest,
    initial: () => 0,
    waitCount: (commits) => ({ value: ofRound(waitCounts, commits), reason: 'at will' }),
    committed: (commits) => commits + 1,
    restarts: (_commits, { version, members }, moment) =>
      members
        .filter(({ worker }) => restartsAtWill(rules, moment, version, worker))
        .map(({ worker }) => ({ worker, reason: `at will, at this ${moment}` })),
    ...(bounds === null ? {} : { maxStaleness: (_commits, _k, { version }) => ofRound(bounds, version) }),
    ...(weights === null
      ? {}
      : {
          admit: (_commits, { attempt, worker }) => {
            const weight = ofRound(weights, attempt + worker);
            return weight === null
              ? { accept: false, reason: 'at will' }
              : { accept: true, weight, reason: 'at will' };
          },
        }),
    ...(scale === null ? {} : { scale: (_commits, contributions) => scale / contributions.length }),
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
