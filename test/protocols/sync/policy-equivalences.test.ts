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
import { joinedScript, ofType } from '../../support/engine-script.js';

interface Equivalence {
  readonly left: string;
  readonly right: string;
  readonly because: string;
  /** Settings under which the left is the right one. */
  readonly settings: (input: PolicySettingsInput) => PolicySettingsInput;
  /** Settings of the right one, where they differ. */
  readonly rightSettings?: (input: PolicySettingsInput) => PolicySettingsInput;
  /** It holds among the first N only, without deadlines; the two may name different bounds, which neither ever meets. */
  readonly bounds?: 'differ';
  /** It holds as long as nobody leaves for good. */
  readonly allStay?: true;
  /** Settings of the left with which it decides otherwise. */
  readonly unlike?: (input: PolicySettingsInput) => PolicySettingsInput;
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
    left: 'k-batch-async',
    right: 'asgd',
    because: 'K = 1',
    settings: (input) => ({ ...input, waitCount: 1 }),
    unlike: (input) => ({ ...input, waitCount: 2 }),
  },
  {
    left: 'ringmaster',
    right: 'asgd',
    because: 'R is out of reach',
    settings: (input) => ({ ...input, maxStaleness: 1000 }),
    unlike: (input) => ({ ...input, maxStaleness: 1 }),
  },
  {
    left: 'ringmaster-stops',
    right: 'abs',
    because: 'K = 1 and a constant bound',
    settings: (input) => ({
      ...input,
      waitCount: 1,
      maxStaleness: input.maxStaleness ?? 2,
      threshold: 'constant',
      stalenessTest: 'ge',
    }),
    unlike: (input) => ({ ...input, maxStaleness: (input.maxStaleness ?? 2) + 1 }),
  },
  {
    left: 'ringmaster-stops',
    right: 'k-sync',
    because: 'R = 1 and K = 1',
    settings: (input) => ({ ...input, waitCount: 1, maxStaleness: 1 }),
    unlike: (input) => ({ ...input, maxStaleness: 2 }),
  },
  {
    left: 'rennala',
    right: 'k-batch-sync',
    because: 'one worker is never stale',
    settings: (input) => ({ ...input, workers: 1, k0: 1, waitCount: input.waitCount ?? 3 }),
    bounds: 'differ',
    unlike: (input) => ({ ...input, workers: 3 }),
  },
  {
    left: 'fedbuff',
    right: 'k-batch-async',
    because: 'exponent 0: s(τ) = 1',
    settings: (input) => ({ ...input, stalenessWeight: 'polynomial', stalenessExponent: 0 }),
    unlike: (input) => ({ ...input, stalenessExponent: 1 }),
  },
  {
    left: 'fedasync',
    right: 'asgd',
    because: 'α = 1 and constant weight (they differ in what is made of a delta)',
    settings: (input) => ({ ...input, mixing: 1, stalenessWeight: 'constant' }),
    unlike: (input) => ({ ...input, stalenessWeight: 'polynomial', stalenessExponent: 1 }),
  },
  {
    left: 'ssp',
    right: 'asgd',
    because: 's is out of reach',
    settings: (input) => ({ ...input, maxStaleness: 1000 }),
    unlike: (input) => ({ ...input, maxStaleness: 1 }),
  },
  {
    left: 'ada-k-sync',
    right: 'local-sgd',
    because: 'K^0 = N',
    settings: ({ waitCount: _waitCount, ...input }) => ({ ...input, k0: n(input) }),
    bounds: 'differ',
    allStay: true,
    unlike: (input) => ({ ...input, k0: 1 }),
  },
  ...['k-sync', 'k-batch-sync', 'local-sgd', 'rennala'].map((right) => ({
    left: `sa-${right}`,
    right,
    because: 'no update that counts is stale',
    settings: (input: PolicySettingsInput) => input,
    bounds: 'differ' as const,
  })),
  ...[
    ['ga-k-async', 'k-async'],
    ['dc-asgd', 'asgd'],
  ].map(([left = '', right = '']) => ({
    left,
    right,
    because: 'they differ in what is made of a delta',
    settings: (input: PolicySettingsInput) => input,
  })),
  ...[
    ['diloco', 'local-sgd'],
    ['delayed-nesterov', 'asgd'],
  ].map(([left = '', right = '']) => ({
    left,
    right,
    because: 'they differ in the server’s step',
    settings: (input: PolicySettingsInput) => input,
  })),
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
    for (const equivalence of equivalences) {
      const { left, right } = equivalence;
      const { unlike = left === 'abs' ? tolerant : null } = equivalence;
      if (unlike === null) continue;
      const outcome = fc.check(
        fc.property(planFor(equivalence), (plan) => {
          compare(
            { ...plan, settings: unlike(plan.settings) },
            { ...equivalence, rightSettings: () => plan.settings },
          );
        }),
        { numRuns: 300 },
      );
      assert.ok(outcome.failed, `${left} = ${right} with other settings`);
    }
  });

  it('mindflayer applies what local-sgd does, with one attempt and a limit out of reach', () => {
    /** The updates of each commit, where these workers answer in turn, as far as they work. */
    const applied = (name: string, answers: readonly number[], trials = 1) => {
      const engine = joinedScript(name, { workers: 4, trials, timeLimit: 1e9 });
      for (const worker of answers)
        if (engine.state.members[worker]?.status === 'computing') engine.upload(worker);
      return ofType(engine.effects, 'commit').map(({ contributions, scale }) => ({
        scale,
        updates: contributions.map(({ updateId, weight }) => [updateId, weight]),
      }));
    };
    let [commits, unlike] = [0, 0];
    fc.assert(
      fc.property(fc.array(fc.nat(3), { size: 'large' }), (answers) => {
        const expected = applied('local-sgd', answers);
        assert.deepEqual(applied('mindflayer', answers), expected);
        commits += expected.length;
        unlike += applied('mindflayer', answers, 2).length < expected.length ? 1 : 0;
      }),
    );
    assert.ok(commits > 100, `only ${commits} rounds were compared`);
    assert.ok(unlike > 0, 'two attempts are another method');
  });
});

/** For ABS: one staler worker is tolerated, and the wait count is adaptive. */
function tolerant({ waitCount: _waitCount, ...rest }: PolicySettingsInput): PolicySettingsInput {
  return { ...rest, k0: 1, a: 1.5, threshold: 'floor-a-over-k', stalenessTest: 'gt', lossSmoothing: 0 };
}

/** Runs of the left policy, of the N workers of the settings only, without deadlines where K = N has to mean all. */
function planFor({ left, settings, bounds, allStay }: Equivalence): fc.Arbitrary<RunPlan> {
  return arbitraryRun([left], settings).map((plan) => {
    if (bounds !== 'differ') return plan;
    const { roundDeadline: _, ...options } = plan.options;
    const steps = plan.steps.filter(
      (step) =>
        (step.type !== 'join' || step.worker < n(plan.settings)) &&
        (step.type !== 'lose' || step.returns || !allStay),
    );
    return { ...plan, options, steps };
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
