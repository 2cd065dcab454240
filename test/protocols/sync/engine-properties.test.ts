/**
 * The promises of the round engine, for every registered policy with random settings and for random policies with every
 * hook, over random runs; that the state can be written out and read back at any point; and that whoever waits is served in
 * the end.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EngineEvent } from '../../../protocols/sync/events.js';
import { modifiedNames, modifiers, policyNames } from '../../../protocols/sync/registry.js';
import { advance, initialState } from '../../../protocols/sync/round-engine.js';
import {
  arbitraryRun,
  drive,
  engineOptions,
  type RunPlan,
  runPlan,
  type Trace,
} from '../../support/arbitrary-runs.js';
import { checkTrace } from '../../support/trace-checks.js';

const numRuns = 300;
/** Of each modified policy: what the modifier changes is the same for all. */
const numModifiedRuns = 40;
const anyRun = fc.oneof(
  { weight: 3, arbitrary: arbitraryRun() },
  { weight: 1, arbitrary: arbitraryRun('random') },
);

/** What every policy is to meet in its runs. */
const reachedByAll = [
  'accumulate',
  'commit',
  'assign',
  'schedule',
  'ignore',
  'fail',
  'finish',
  'discard dead-incarnation',
  'discard dead-attempt',
  'discard wrong-base',
  'discard non-finite',
];
/** Where a round has more than one update; else it holds none whose worker could be lost. */
const reachedWithMore = ['degraded', 'discard duplicate', 'discard worker-lost'];
/** What some policies are to meet beyond it. */
const reachedBy: Readonly<Record<string, readonly string[]>> = {
  abs: ['cancel', 'discard worker-lost'],
  'k-sync': ['cancel'],
  'ada-k-sync': ['cancel'],
  'k-batch-sync': ['cancel', 'assign pulled', 'one worker twice', 'K above N'],
  'k-batch-async': ['assign pulled', 'one worker twice', 'K above N'],
  fedbuff: ['assign pulled', 'one worker twice', 'K above N', 'a weight below 1'],
  rennala: ['assign pulled', 'one worker twice', 'K above N', 'discard refused-by-policy'],
  ssp: ['pause', 'assign resumed'],
  ringmaster: ['discard refused-by-policy'],
  'ringmaster-stops': ['cancel'],
  ringleader: ['kept', 'repeated', 'one worker twice', 'discard released', 'discard run-over'],
  mindflayer: ['cancel', 'a time limit', 'overrun', 'pause', 'assign resumed', 'one worker twice'],
  fedasync: ['a weight below 1'],
};
const oneUpdateEach = new Set([
  'asgd',
  'ssp',
  'ringmaster',
  'ringmaster-stops',
  'dc-asgd',
  'fedasync',
  'delayed-nesterov',
]);

/** What of note happened in a trace, by name. */
function* happenings({ steps, settings }: Trace): Generator<string, void, undefined> {
  for (const { event, effects } of steps) {
    for (const effect of effects) {
      yield effect.type;
      if (effect.type === 'discard' || effect.type === 'assign') yield `${effect.type} ${effect.reason}`;
      if (effect.type === 'schedule' && effect.deadline.startsWith('task:')) yield 'a time limit';
      if (effect.type === 'cancel' && event.type === 'deadline-passed') yield 'overrun';
      if (effect.type === 'accumulate' && effect.weight < 1) yield 'a weight below 1';
      if (effect.type !== 'commit') continue;
      const { contributions, degraded, kept } = effect;
      if (degraded !== null) yield 'degraded';
      if (kept !== undefined) yield 'kept';
      if (contributions.some(({ repeated }) => repeated)) yield 'repeated';
      if (contributions.length > settings.workers) yield 'K above N';
      if (new Set(contributions.map(({ worker }) => worker)).size < contributions.length)
        yield 'one worker twice';
    }
  }
}

/** Checks random runs. @returns how often what happened */
function runsOf(policies: Parameters<typeof arbitraryRun>[0], count: number): ReadonlyMap<string, number> {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(arbitraryRun(policies), (plan) => {
      const trace = drive(plan);
      checkTrace(trace);
      for (const what of happenings(trace)) seen.set(what, (seen.get(what) ?? 0) + 1);
    }),
    { numRuns: count },
  );
  return seen;
}

describe('round engine: properties', () => {
  for (const policy of policyNames) {
    it(`keeps its promises under ${policy}`, () => {
      const seen = runsOf([policy], numRuns);
      // The runs did reach what the promises are about.
      const more = oneUpdateEach.has(policy) ? [] : reachedWithMore;
      // Who has had its next work cannot answer the one before again, but as a dead attempt.
      const pulls = seen.has('assign pulled') ? ['discard duplicate'] : [];
      for (const what of [...reachedByAll, ...more, ...(reachedBy[policy] ?? [])]) {
        if (pulls.includes(what)) continue;
        assert.ok(seen.has(what), `${what} never happened`);
      }
    });
  }

  for (const { prefix, title } of modifiers) {
    it(`keeps its promises under every policy that is ${title} (${prefix})`, () => {
      const names = modifiedNames.filter((name) => name.startsWith(prefix));
      assert.ok(names.length > 15, `${names.length} policies`);
      const seen = runsOf(names, numModifiedRuns * names.length);
      for (const what of [...reachedByAll, ...reachedWithMore, 'pause', 'overrun', 'assign pulled'])
        assert.ok(seen.has(what), `${what} never happened`);
      assert.equal(seen.has('a weight below 1'), true);
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
            if (effect.type === 'cancel') seen.add(effect.reason.replace(/\d+(\.\d+)?/g, 'n'));
            if (effect.type === 'cancel' && event.type === 'deadline-passed') seen.add('late restart');
            if (effect.type !== 'commit') continue;
            const { contributions, degraded, kept, reason, waitCount } = effect;
            if (kept !== undefined) seen.add('kept');
            if (contributions.some(({ repeated }) => repeated)) seen.add('repeated');
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
      'released',
      'pulled',
      'resumed',
      'kept',
      'repeated',
      'not finished after n, its time limit',
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

/** How often each worker answers at most, before the round is over: K is never above 7, nor the attempts above 3. */
const maxAnswers = 24;

/** False: the run was over before. @throws AssertionError if the round stays open however often everybody answers */
function closesInTheEnd(plan: RunPlan): boolean {
  const options = engineOptions(plan);
  const turns = [...runPlan(plan)];
  const last = turns.at(-1);
  if (last === undefined || last.after.status === 'over') return false;
  const { version, workers } = checkTrace(drive(plan));
  let state = last.after;
  const feed = (event: EngineEvent): void => {
    state = advance(options, state, event).state;
  };
  const isOpen = (): boolean => state.version === version && state.status !== 'over';
  for (const [worker, { status, incarnation }] of workers) {
    if (status === 'expected' || status === 'lost') {
      feed({ type: 'worker-joined', time: last.step.event.time, worker, incarnation: incarnation + 1 });
    }
  }
  for (let answers = 0; answers < maxAnswers && isOpen(); answers += 1) {
    const atWork = state.members.filter(({ status }) => status === 'computing');
    assert.ok(atWork.length > 0, `round ${version + 1} is open, and nobody works`);
    for (const { worker } of atWork) {
      const member = state.members[worker];
      if (member?.status !== 'computing' || !isOpen()) continue;
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
  }
  assert.ok(!isOpen(), `all of ${workers.size} workers answered, but round ${version + 1} is open`);
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
