/**
 * The checks of the round engine's promises can fail: each mutant breaks one promise, as a fault in the engine might, and
 * the check of just that promise finds it within a few hundred random runs.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Commit, Effect, EngineEvent } from '../../../protocols/sync/events.js';
import { advance, type EngineOptions } from '../../../protocols/sync/round-engine.js';
import { type Advance, arbitraryRun, drive, engineOptions } from '../../support/arbitrary-runs.js';
import { checkTrace } from '../../support/trace-checks.js';

interface Mutant {
  readonly breaks: string;
  readonly found: RegExp;
  readonly engine?: Advance;
  readonly options?: (options: EngineOptions) => EngineOptions;
}

/** An engine that tells other effects than it means. */
function telling(edit: (effects: readonly Effect[], event: EngineEvent) => readonly Effect[]): Advance {
  return (options, state, event) => {
    const turn = advance(options, state, event);
    return { state: turn.state, effects: edit(turn.effects, event) };
  };
}

function changing<Type extends Effect['type']>(
  type: Type,
  change: (effect: Extract<Effect, { type: Type }>) => readonly Effect[],
): Advance {
  const is = (effect: Effect): effect is Extract<Effect, { type: Type }> => effect.type === type;
  return telling((effects) => effects.flatMap((effect) => (is(effect) ? change(effect) : [effect])));
}

const changingCommit = (change: (commit: Commit) => Partial<Commit>): Advance =>
  changing('commit', (commit) => [{ ...commit, ...change(commit) }]);

/** An engine that hears other events than happen. */
function hearing(edit: (...turn: Parameters<Advance>) => EngineEvent): Advance {
  return (options, state, event) => advance(options, state, edit(options, state, event));
}

const unchanged = (options: EngineOptions): EngineOptions => options;

const mutants: readonly Mutant[] = [
  {
    breaks: 'commits an update twice',
    found: /distinct workers|full round has K|exactly what was accumulated|means too few/,
    engine: changingCommit(({ contributions }) => ({
      contributions: [...contributions, ...contributions.slice(0, 1)],
    })),
  },
  {
    breaks: 'commits an update twice and waits for one more',
    found: /distinct workers/,
    engine: changingCommit(({ contributions, waitCount }) => ({
      contributions: [...contributions, ...contributions.slice(0, 1)],
      waitCount: waitCount + 1,
    })),
  },
  {
    breaks: 'loses a contribution',
    found: /full round has K/,
    engine: changingCommit(({ contributions }) => ({ contributions: contributions.slice(1) })),
  },
  {
    breaks: 'closes with too few without saying so',
    found: /full round has K/,
    engine: changingCommit(() => ({ degraded: null })),
  },
  {
    breaks: 'commits in another order than it accumulated',
    found: /exactly what was accumulated/,
    engine: changingCommit(({ contributions }) => ({ contributions: contributions.toReversed() })),
  },
  {
    breaks: 'weighs an update otherwise in the commit',
    found: /exactly what was accumulated/,
    engine: changingCommit(({ contributions }) => ({
      contributions: contributions.map((contribution) => ({ ...contribution, weight: 2 })),
    })),
  },
  {
    breaks: 'sums instead of averaging',
    found: /are averaged/,
    engine: changingCommit(() => ({ scale: 1 })),
  },
  {
    breaks: 'skips a version',
    found: /versions rise by 1/,
    engine: changingCommit(({ version }) => ({ version: version + 1 })),
  },
  {
    breaks: 'waits for more workers than there are',
    found: /waits for \d+ of \d+ workers/,
    engine: changingCommit(() => ({ waitCount: 99, degraded: 'not enough' })),
  },
  {
    breaks: 'never restarts anybody',
    found: /τ_max is not what the settings say/,
    options: (options) => ({ ...options, policy: { ...options.policy, maxStaleness: () => Infinity } }),
  },
  {
    breaks: 'bounds staleness, but restarts nobody',
    found: /should have been restarted/,
    options: (options) => ({ ...options, policy: { ...options.policy, stalenessTest: 'gt' } }),
  },
  {
    breaks: 'restarts workers within the bound',
    found: /within the bound was restarted/,
    options: (options) => ({
      ...options,
      policy: {
        ...options.policy,
        restarts: (_state, { members }) => members.map(({ worker }) => ({ worker, reason: 'at will' })),
      },
    }),
  },
  {
    breaks: 'tells a wrong staleness vector',
    found: /the staleness vector/,
    engine: changingCommit(({ staleness }) => ({
      staleness: staleness.map(([worker, value]) => [worker, value + 1]),
    })),
  },
  {
    breaks: 'applies updates of dead incarnations, dead attempts and other versions',
    found: /comes from the dead/,
    engine: hearing((_options, { members }, event) => {
      const member = event.type === 'update-arrived' ? members[event.worker] : undefined;
      if (event.type !== 'update-arrived' || member === undefined) return event;
      const { incarnation, attempt, baseVersion } = member;
      return { ...event, incarnation, attempt, baseVersion };
    }),
  },
  {
    breaks: 'forgets what was uploaded',
    found: /accumulated before/,
    engine: (options, state, event) => {
      const members = state.members.map((member) => ({ ...member, uploadedAt: null }));
      return advance(options, { ...state, members }, event);
    },
  },
  {
    breaks: 'does not hear that workers are lost',
    found: /comes from the dead/,
    engine: (options, state, event) =>
      event.type === 'worker-lost' ? { state, effects: [] } : advance(options, state, event),
  },
  {
    breaks: 'keeps the update of a lost worker',
    found: /exactly what was accumulated/,
    engine: telling((effects, { type }) =>
      type === 'worker-lost' ? effects.filter((effect) => effect.type !== 'discard') : effects,
    ),
  },
  {
    breaks: 'applies non-finite updates',
    found: /is not finite/,
    engine: hearing((_options, _state, event) =>
      event.type === 'update-arrived' ? { ...event, finite: true } : event,
    ),
  },
  {
    breaks: 'says nothing about an update',
    found: /decided about 0 times/,
    engine: changing('discard', () => []),
  },
  {
    breaks: 'refuses a good update',
    found: /was refused as duplicate/,
    engine: changing('accumulate', ({ updateId, worker }) => [
      { type: 'discard', updateId, worker, reason: 'duplicate', detail: 'not really' },
    ]),
  },
  {
    breaks: 'forgets a worker that waits for the commit',
    found: /is forgotten/,
    engine: changing('assign', (assign) => (assign.reason === 'refreshed' ? [] : [assign])),
  },
  {
    breaks: 'forgets a worker that joined',
    found: /is forgotten/,
    engine: changing('assign', (assign) => (assign.reason === 'joined' ? [] : [assign])),
  },
  {
    breaks: 'gives a worker work twice',
    found: /had work already/,
    engine: changing('assign', (assign) => [assign, { ...assign, attempt: assign.attempt + 1 }]),
  },
  {
    breaks: 'gives work from an old version',
    found: /work from an old version/,
    engine: changing('assign', (assign) => [{ ...assign, version: Math.max(0, assign.version - 1) }]),
  },
  {
    breaks: 'counts attempts anew',
    found: /attempts rise/,
    engine: changing('assign', (assign) => [{ ...assign, attempt: 1 }]),
  },
  {
    breaks: 'goes on after the end',
    found: /after the end/,
    engine: telling((effects, { time }) =>
      effects.some(({ type }) => type === 'finish')
        ? [...effects, { type: 'schedule', deadline: 'never', at: time + 1 }]
        : effects,
    ),
  },
  {
    breaks: 'ends holding updates',
    found: /updates are still held/,
    engine: telling((effects, { type }) =>
      type === 'stop-requested' ? effects.filter((effect) => effect.type !== 'discard') : effects,
    ),
  },
  {
    breaks: 'gives up while there are workers',
    found: /there are still workers/,
    engine: telling((effects, { type }) =>
      type === 'worker-lost'
        ? [...effects, { type: 'fail', code: 'no-workers', reason: 'in panic' }]
        : effects,
    ),
  },
  {
    breaks: 'keeps a round open after its deadline although it has contributions',
    found: /kept open with contributions/,
    engine: (options, state, event) => advance(options, { ...state, overdue: false }, event),
  },
  {
    breaks: 'closes short of K before the deadline',
    found: /degraded before its deadline/,
    engine: (options, state, event) =>
      advance(options, { ...state, overdue: event.type === 'update-arrived' }, event),
  },
  {
    breaks: 'asks for the same deadline twice',
    found: /asked for twice|in the middle of a round/,
    engine: changing('schedule', (schedule) => [schedule, schedule]),
  },
  {
    breaks: 'asks for the deadline too late',
    found: /the deadline/,
    engine: changing('schedule', (schedule) => [{ ...schedule, at: schedule.at + 1 }]),
  },
  {
    breaks: 'waits for half an update',
    found: /a wait count of/,
    engine: changingCommit(({ waitCount }) => ({ waitCount: waitCount - 0.5 })),
  },
  {
    breaks: 'waits for another number than the policy wants',
    found: /not what the policy says/,
    engine: changingCommit(() => ({ waitCount: 1, degraded: null })),
  },
  {
    breaks: 'cancels work that it has just given',
    found: /given that work just now/,
    engine: telling((effects) =>
      effects.flatMap((effect) => {
        if (effect.type !== 'assign' || effect.reason !== 'refused') return [effect];
        const { worker, incarnation, attempt } = effect;
        const cancel = {
          type: 'cancel',
          worker,
          incarnation,
          attempt,
          staleness: 0,
          reason: 'at will',
        } as const;
        return [effect, cancel, { ...effect, attempt: attempt + 1 }];
      }),
    ),
  },
  {
    breaks: 'admits what the policy refuses, or weighs it otherwise',
    found: /the weight of/,
    options: (options) => ({
      ...options,
      policy: { ...options.policy, admit: () => ({ accept: true, weight: 7, reason: 'everything' }) },
    }),
  },
  {
    breaks: 'does not ask the policy for restarts',
    found: /named by the policy and not restarted/,
    options: (options) => ({ ...options, policy: { ...options.policy, restarts: () => [] } }),
  },
  {
    breaks: 'gives no reason',
    found: /without a reason/,
    engine: changing('cancel', (cancel) => [{ ...cancel, reason: '' }]),
  },
];

describe('round engine: checks', () => {
  const plans = [arbitraryRun(), arbitraryRun('random')].flatMap((runs) =>
    fc.sample(runs, { numRuns: 500, seed: 20230108 }),
  );

  it('find nothing wrong with the engine itself', () => {
    for (const plan of plans) checkTrace(drive(plan));
  });

  for (const { breaks, found, engine = advance, options = unchanged } of mutants) {
    it(`find an engine that ${breaks}`, () => {
      const complaints = plans.map((plan) =>
        complaint(() => checkTrace(drive(plan, engine, options(engineOptions(plan))))),
      );
      assert.ok(
        complaints.some((text) => found.test(text)),
        `instead: ${[...new Set(complaints)].join('; ')}`,
      );
    });
  }
});

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
