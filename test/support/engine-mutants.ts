/**
 * Mutants of the round engine: each breaks one promise, as a fault in the engine might, and the check of just that promise is to
 * find it. Here is how to make one, and what finds it.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { before, it } from 'mocha';
import type { Commit, Effect, EngineEvent } from '../../protocols/sync/events.js';
import type { Policy } from '../../protocols/sync/policy.js';
import { advance, type EngineOptions } from '../../protocols/sync/round-engine.js';
import { type Advance, arbitraryRun, drive, engineOptions, type RunPlan } from './arbitrary-runs.js';
import { checkTrace } from './trace-checks.js';

export interface Mutant {
  readonly breaks: string;
  readonly found: RegExp;
  readonly engine?: Advance;
  readonly options?: (options: EngineOptions) => EngineOptions;
  /** It is sought in runs of this policy. Default: in those of all, and of random ones. */
  readonly policy?: string;
}

/** An engine that tells other effects than it means. */
export function telling(
  edit: (effects: readonly Effect[], event: EngineEvent) => readonly Effect[],
): Advance {
  return (options, state, event) => {
    const turn = advance(options, state, event);
    return { state: turn.state, effects: edit(turn.effects, event) };
  };
}

export function changing<Type extends Effect['type']>(
  type: Type,
  change: (effect: Extract<Effect, { type: Type }>) => readonly Effect[],
): Advance {
  const is = (effect: Effect): effect is Extract<Effect, { type: Type }> => effect.type === type;
  return telling((effects) => effects.flatMap((effect) => (is(effect) ? change(effect) : [effect])));
}

export const changingCommit = (change: (commit: Commit) => Partial<Commit>): Advance =>
  changing('commit', (commit) => [{ ...commit, ...change(commit) }]);

/** An engine that hears other events than happen. */
export function hearing(edit: (...turn: Parameters<Advance>) => EngineEvent): Advance {
  return (options, state, event) => advance(options, state, edit(options, state, event));
}

const unchanged = (options: EngineOptions): EngineOptions => options;

/** The random runs that mutants are sought in: of registered policies and of random ones. */
export function mutantPlans(policy?: string): readonly RunPlan[] {
  if (policy !== undefined) return fc.sample(arbitraryRun([policy]), { numRuns: 500, seed: 20230108 });
  return [arbitraryRun(), arbitraryRun('random')].flatMap((runs) =>
    fc.sample(runs, { numRuns: 500, seed: 20230108 }),
  );
}

/** A test for each mutant. */
export function itFindsEach(mutants: readonly Mutant[]): void {
  let plans: readonly RunPlan[] = [];
  before(() => {
    plans = mutantPlans();
  });
  for (const { breaks, found, engine = advance, options = unchanged, policy } of mutants) {
    it(`find an engine that ${breaks}`, () => {
      const complaints = new Set<string>();
      for (const plan of policy === undefined ? plans : mutantPlans(policy)) {
        const told = complaint(() => checkTrace(drive(plan, engine, options(engineOptions(plan)))));
        if (found.test(told)) return;
        complaints.add(told);
      }
      assert.fail(`instead: ${[...complaints].join('; ')}`);
    });
  }
}

/** What a check complains of; empty where it is content. */
function complaint(check: () => unknown): string {
  try {
    check();
    return '';
  } catch (error) {
    assert.ok(error instanceof assert.AssertionError, String(error));
    return error.message;
  }
}

/** Other hooks, where the policy has them. @param always one that it is given in any case */
export function withPolicy(
  hooks: Partial<Policy>,
  always?: keyof Policy,
): (options: EngineOptions) => EngineOptions {
  return ({ policy, ...options }) => {
    const own = Object.entries(hooks).filter(([name]) => name === always || name in policy);
    return { ...options, policy: { ...policy, ...Object.fromEntries(own) } };
  };
}
