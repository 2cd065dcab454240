import assert from 'node:assert/strict';
import { checkedPolicy, PolicyError, policyProblem } from '../../../protocols/sync/checked-policy.js';
import type { Policy, RoundView } from '../../../protocols/sync/policy.js';
import { policies } from '../../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../../protocols/sync/settings.js';
import { EngineScript } from '../../support/engine-script.js';

const sound: Policy<null> = {
  name: 'mine',
  initial: () => null,
  waitCount: () => ({ value: 1, reason: 'one' }),
};

/** Runs one round with the hooks changed, as a user's plain JavaScript would change them. */
function round(hooks: object): void {
  const policy = checkedPolicy({ ...sound, ...hooks } as Policy<null>);
  const engine = new EngineScript({ policy, workers: 2, localSteps: 1 });
  engine.joinAll();
  engine.upload(0);
}

describe('checkedPolicy', () => {
  const wrong: [string, object, RegExp][] = [
    [
      'a number for a decision',
      { waitCount: () => 2 },
      /policy mine: waitCount must return \{ value.*not 2$/,
    ],
    ['nothing for a decision', { waitCount: () => undefined }, /waitCount must return/],
    ['a wait count of NaN', { waitCount: () => ({ value: NaN, reason: 'r' }) }, /waitCount must return/],
    ['a bound of 0', { maxStaleness: () => 0 }, /maxStaleness must return at least 1, or Infinity, not 0/],
    ['a weight of NaN', { admit: () => ({ accept: true, weight: NaN, reason: 'r' }) }, /admit must return/],
    ['no list of restarts', { restarts: () => null }, /restarts must return a list/],
    ['an answer that is none', { isFull: () => 1 }, /isFull must return true or false, not 1/],
    ['a pause without reason', { pause: () => true }, /pause must return a text \(why it waits\) or null/],
    [
      'a time limit of 0',
      { timeLimit: () => 0 },
      /timeLimit must return a finite number above 0, or null, not 0/,
    ],
    ['an infinite time limit', { timeLimit: () => Infinity }, /timeLimit must return .* not Infinity/],
    ['no list of parts', { parts: () => undefined }, /parts must return a list of/],
    ['no parts', { parts: () => [] }, /parts must name a contribution that is held/],
    [
      'parts that are not held',
      { parts: () => [{ updateId: '7.7.7', weight: 1, keep: false }] },
      /parts must name contributions that are held, and 7.7.7 is not/,
    ],
    [
      'a part twice',
      { parts: () => ['0.1.1', '0.1.1'].map((updateId) => ({ updateId, weight: 1, keep: false })) },
      /parts must name each contribution once/,
    ],
    [
      'a part that weighs NaN',
      { parts: () => [{ updateId: '0.1.1', weight: NaN, keep: false }] },
      /parts must return a list of \{ updateId, weight: a finite number, keep \}/,
    ],
    ['an infinite scale', { scale: () => Infinity }, /scale must return a finite number, not Infinity/],
  ];
  for (const [what, hooks, message] of wrong) {
    it(`names policy and hook for ${what}`, () => {
      assert.throws(() => round(hooks), message);
    });
  }

  it('names policy and hook of an exception, and keeps it', () => {
    const oops = new Error('oops');
    const waitCount = (): never => {
      throw oops;
    };
    assert.throws(
      () => round({ waitCount }),
      (error) =>
        error instanceof PolicyError &&
        error.message === 'policy mine: waitCount threw: oops' &&
        error.hook === 'waitCount' &&
        error.cause === oops,
    );
  });

  it('leaves every registered policy as it is', () => {
    const view: RoundView = {
      time: 0,
      version: 0,
      workers: 4,
      members: [],
      contributions: [],
      heldOf: () => 0,
      contributors: 0,
      openedAt: null,
    };
    for (const definition of policies) {
      const policy = definition.create(resolvePolicySettings({ workers: 4 }));
      const checked = checkedPolicy(policy);
      const state = policy.initial(view);
      assert.deepEqual(checked.initial(view), state);
      assert.deepEqual(checked.waitCount(state, view), policy.waitCount(state, view));
      assert.equal(checked.maxStaleness?.(state, 2, view), policy.maxStaleness?.(state, 2, view));
      assert.equal(checked.timeLimit?.(state, 0, view), policy.timeLimit?.(state, 0, view));
      assert.equal(checked.pause?.(state, 0, view), policy.pause?.(state, 0, view));
      assert.equal(checked.isFull?.(state, view), policy.isFull?.(state, view));
      assert.deepEqual(Object.keys(checked).sort(), Object.keys(policy).sort());
    }
  });

  it('says what is no policy at all', () => {
    assert.equal(policyProblem(sound), null);
    assert.equal(policyProblem({ ...sound, name: '' }), 'it has no name');
    assert.equal(policyProblem({ ...sound, correction: { kind: 'gap-aware' } }), null);
    assert.match(
      policyProblem({ ...sound, correction: { kind: 'delay-compensation', lambda: -1 } }) ?? '',
      /^the lambda of its correction is -1, and must be/,
    );
    assert.equal(policyProblem({ name: 'x', waitCount: sound.waitCount }), 'it has no function initial');
  });
});
