/**
 * Policies that are special cases of each other decide alike, round for round and effect for effect, on whatever arrives:
 * the consequences of the paper's rules that it does not state. Only the words of the reasons may differ.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Effect } from '../../../protocols/sync/events.js';
import { advance, type EngineOptions, initialState } from '../../../protocols/sync/round-engine.js';
import type { PolicySettingsInput } from '../../../protocols/sync/settings.js';
import { arbitraryRun, engineOptions, type RunPlan, runPlan } from '../../support/arbitrary-runs.js';

interface Equivalence {
  readonly left: string;
  readonly right: string;
  readonly because: string;
  /** Settings under which the left is the right one. */
  readonly settings: (input: PolicySettingsInput) => PolicySettingsInput;
  /** Settings of the right one, where they differ. */
  readonly rightSettings?: (input: PolicySettingsInput) => PolicySettingsInput;
  /** The two name different bounds that neither ever meets. */
  readonly bounds?: 'differ';
}

const n = ({ workers }: PolicySettingsInput): number => workers ?? 1;
const k = ({ workers, waitCount }: PolicySettingsInput): number => Math.min(n({ workers }), waitCount ?? 2);

const equivalences: readonly Equivalence[] = [
  {
    left: 'abs',
    right: 'k-sync',
    because: 'τ_max = 1: whoever has not uploaded restarts',
    settings: (input) => ({
      ...input,
      waitCount: k(input),
      maxStaleness: 1,
      threshold: 'constant',
      stalenessTest: 'ge',
    }),
  },
  {
    left: 'abs',
    right: 'ada-sync',
    because: 'a = ∞: nobody restarts',
    settings: (input) => ({ ...input, a: Infinity, threshold: 'floor-a-over-k' }),
  },
  {
    left: 'abs',
    right: 'local-sgd',
    because: 'K = N: everybody uploads before the commit',
    settings: (input) => ({ ...input, waitCount: n(input) }),
    bounds: 'differ',
  },
  {
    left: 'abs',
    right: 'k-async',
    because: 'K fixed, no bound',
    settings: (input) => ({ ...input, waitCount: k(input), a: Infinity, threshold: 'ceil-a-over-k' }),
  },
  {
    left: 'k-async',
    right: 'asgd',
    because: 'K = 1',
    settings: (input) => ({ ...input, waitCount: 1 }),
  },
  {
    left: 'abs',
    right: 'asgd',
    because: 'K = 1, no bound',
    settings: (input) => ({ ...input, waitCount: 1, a: Infinity, threshold: 'floor-an-over-k' }),
  },
  {
    left: 'sync',
    right: 'local-sgd',
    because: 'they differ in U only',
    settings: (input) => input,
  },
];

describe('policies: equivalences', () => {
  for (const equivalence of equivalences) {
    const { left, right, because } = equivalence;
    it(`${left} decides as ${right} does: ${because}`, () => {
      let commits = 0;
      fc.assert(
        fc.property(planFor(equivalence), (plan) => {
          commits += compare(plan, equivalence);
        }),
        { numRuns: 300 },
      );
      assert.ok(commits > 100, `only ${commits} rounds were compared`);
    });
  }

  it('are seen to fail where the settings are others', () => {
    for (const equivalence of equivalences.filter(({ left }) => left === 'abs')) {
      // One staler worker is tolerated, and the wait count is adaptive.
      const other = (input: PolicySettingsInput): PolicySettingsInput => {
        const { waitCount: _, ...rest } = equivalence.settings(input);
        return { ...rest, k0: 1, a: 1.5, threshold: 'floor-a-over-k', stalenessTest: 'gt', lossSmoothing: 0 };
      };
      const outcome = fc.check(
        fc.property(planFor(equivalence), (plan) => {
          compare(
            { ...plan, settings: other(plan.settings) },
            { ...equivalence, rightSettings: () => plan.settings },
          );
        }),
        { numRuns: 300 },
      );
      assert.ok(outcome.failed, `${equivalence.left} = ${equivalence.right} with any settings`);
    }
  });
});

/** Runs of the left policy, of the N workers of the settings only, without deadlines where K = N has to mean all. */
function planFor({ left, settings, bounds }: Equivalence): fc.Arbitrary<RunPlan> {
  return arbitraryRun([left], settings).map((plan) => {
    if (bounds !== 'differ') return plan;
    const { roundDeadline: _, ...options } = plan.options;
    return {
      ...plan,
      options,
      steps: plan.steps.filter((step) => step.type !== 'join' || step.worker < n(plan.settings)),
    };
  });
}

/** @returns how many rounds were compared @throws AssertionError at the first turn where the two differ */
function compare(plan: RunPlan, equivalence: Equivalence): number {
  const { right, rightSettings = (input) => input } = equivalence;
  const options: EngineOptions = engineOptions({
    ...plan,
    policy: right,
    settings: rightSettings(plan.settings),
  });
  let state = initialState(options);
  let commits = 0;
  for (const { step } of runPlan(plan)) {
    const turn = advance(options, state, step.event);
    state = turn.state;
    const seen = (effects: readonly Effect[]) => effects.map((effect) => withoutWords(effect, equivalence));
    assert.deepEqual(seen(step.effects), seen(turn.effects));
    commits += turn.effects.filter(({ type }) => type === 'commit').length;
  }
  return commits;
}

/** What an effect does, without how it is explained. */
function withoutWords(effect: Effect, { bounds }: Equivalence): object {
  const { reason, ...rest } = { reason: '', ...effect };
  // The reason of an assignment, like that of a discard, is one of a few: it is compared.
  const told = effect.type === 'assign' || effect.type === 'discard' ? { ...rest, reason } : rest;
  if (effect.type === 'discard') return { ...told, detail: '' };
  return effect.type === 'commit' && bounds === 'differ' ? { ...told, maxStaleness: null } : told;
}
