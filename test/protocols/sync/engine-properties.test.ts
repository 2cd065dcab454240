/**
 * The promises of the round engine, for every registered policy with random settings and for random policies with every
 * hook, over random runs; that the state can be written out and read back at any point; and that whoever waits is served in
 * the end.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EngineEvent } from '../../../protocols/sync/events.js';
import { policyNames } from '../../../protocols/sync/registry.js';
import { advance, initialState } from '../../../protocols/sync/round-engine.js';
import { arbitraryRun, drive, engineOptions, type RunPlan, runPlan } from '../../support/arbitrary-runs.js';
import { checkTrace } from '../../support/trace-checks.js';

const numRuns = 300;
const anyRun = fc.oneof(
  { weight: 3, arbitrary: arbitraryRun() },
  { weight: 1, arbitrary: arbitraryRun('random') },
);

describe('round engine: properties', () => {
  for (const policy of policyNames) {
    it(`keeps its promises under ${policy}`, () => {
      const seen = new Map<string, number>();
      const count = (what: string): void => void seen.set(what, (seen.get(what) ?? 0) + 1);
      fc.assert(
        fc.property(arbitraryRun([policy]), (plan) => {
          const trace = drive(plan);
          checkTrace(trace);
          for (const effect of trace.steps.flatMap(({ effects }) => effects)) {
            count(effect.type === 'discard' ? `discard ${effect.reason}` : effect.type);
            if (effect.type === 'commit' && effect.degraded !== null) count('degraded');
          }
        }),
        { numRuns },
      );
      // The runs did reach what the promises are about.
      const reached = ['accumulate', 'commit', 'assign', 'schedule', 'ignore', 'fail', 'finish'];
      const refused = [
        'dead-incarnation',
        'dead-attempt',
        'duplicate',
        'wrong-base',
        'non-finite',
        'worker-lost',
      ];
      if (policy !== 'asgd') reached.push('degraded');
      if (policy === 'abs' || policy === 'k-sync') reached.push('cancel');
      for (const what of [...reached, ...refused.map((reason) => `discard ${reason}`)]) {
        // A round of one update never holds one whose worker could be lost.
        if (policy === 'asgd' && what === 'discard worker-lost') continue;
        if (policy === 'asgd' && what === 'discard duplicate') continue;
        assert.ok((seen.get(what) ?? 0) > 0, `${what} never happened`);
      }
    });
  }

  it('keeps its promises under random policies with every hook', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(arbitraryRun('random'), (plan) => {
        const trace = drive(plan);
        checkTrace(trace);
        for (const { event, effects } of trace.steps) {
          for (const effect of effects) {
            if (effect.type === 'discard' || effect.type === 'assign') seen.add(effect.reason);
            if (effect.type === 'cancel') seen.add(effect.reason.replace(/\d+/g, 'n'));
            if (effect.type === 'cancel' && event.type === 'deadline-passed') seen.add('late restart');
            if (effect.type !== 'commit') continue;
            const { contributions, degraded, reason, waitCount } = effect;
            const distinct = new Set(contributions.map(({ worker }) => worker)).size;
            if (distinct < contributions.length) seen.add('one worker twice');
            if (distinct < contributions.length && degraded === null) seen.add('one worker twice, full');
            if (waitCount > 7) seen.add('more than there are workers');
            if (degraded !== null) seen.add(degraded.replace(/\d+/g, 'n'));
            seen.add(reason.replace(/at will,? ?/, '').replace(/\d+(\.\d+)?/g, 'n'));
          }
        }
      }),
      { numRuns: 3 * numRuns },
    );
    const reached = [
      'refused-by-policy',
      'pulled',
      'staleness n ≥ n',
      'staleness n > n',
      'at will, at this commit',
      'at will, at this update',
      'at will, at this deadline',
      'late restart',
      'one worker twice, full',
      'more than there are workers',
      'the first contribution after the deadline of n',
      'n contributions after the deadline of n',
      'n rounded up',
      'at least n instead of n',
      'at least n instead of NaN',
      'infinite: all n workers',
      'only n workers',
    ];
    for (const what of reached) assert.ok(seen.has(what), `${what} never happened: ${[...seen].join('; ')}`);
  });

  it('does not change the state that it is given', () => {
    fc.assert(
      fc.property(anyRun, (plan) => {
        drive(plan, (options, state, event) => advance(options, deepFreeze(state), deepFreeze(event)));
      }),
      { numRuns },
    );
  });

  it('goes on identically from a state that was written out as JSON, at any point', () => {
    fc.assert(
      fc.property(anyRun, (plan) => {
        const options = engineOptions(plan);
        let copy = initialState(options);
        for (const { step, after } of runPlan(plan)) {
          const again = advance(options, viaJson(copy), viaJson(step.event));
          assert.deepEqual(again.effects, step.effects);
          assert.deepEqual(viaJson(again.state), after);
          copy = again.state;
        }
      }),
      { numRuns },
    );
  });

  it('closes the round once all who are not gone have joined and answered', () => {
    let closed = 0;
    fc.assert(
      fc.property(arbitraryRun(), (plan) => {
        closed += closesInTheEnd(plan) ? 1 : 0;
      }),
      { numRuns },
    );
    assert.ok(closed > numRuns / 10, `only ${closed} runs were still going on`);
  });
});

/** False: the run was over before. @throws AssertionError if the round stays open although everybody answered */
function closesInTheEnd(plan: RunPlan): boolean {
  const options = engineOptions(plan);
  const turns = [...runPlan(plan)];
  const last = turns.at(-1);
  if (last === undefined || last.after.status === 'over') return false;
  const { version, workers } = checkTrace(drive(plan));
  let state = last.after;
  const answered = new Set<number>();
  const feed = (event: EngineEvent): void => {
    state = advance(options, state, event).state;
  };
  const isOpen = (): boolean => state.version === version && state.status !== 'over';
  for (const [worker, { status, incarnation }] of workers) {
    if (status === 'expected' || status === 'lost') {
      feed({ type: 'worker-joined', time: last.step.event.time, worker, incarnation: incarnation + 1 });
    }
  }
  for (const { worker } of state.members) {
    const member = state.members[worker];
    if (member?.status !== 'computing' || !isOpen()) continue;
    answered.add(worker);
    const { incarnation, attempt, baseVersion } = member;
    feed({
      type: 'update-arrived',
      time: last.step.event.time,
      updateId: `${worker}.${incarnation}.${attempt}`,
      worker,
      incarnation,
      attempt,
      baseVersion,
      steps: 1,
      samples: 1,
      loss: 1,
      firstLoss: 1,
      finite: true,
    });
  }
  assert.ok(
    !isOpen(),
    `${answered.size} of ${workers.size} workers answered, but round ${version + 1} is open`,
  );
  return true;
}

/** As it comes back from a journal or a checkpoint. JSON has no NaN: the codec's task, not the engine's. */
function viaJson<Value>(value: Value): Value {
  const text = JSON.stringify(value, (_key, item: unknown) => (Number.isNaN(item) ? 'NaN' : item));
  return JSON.parse(text, (_key, item: unknown) => (item === 'NaN' ? Number.NaN : item)) as Value;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
