/**
 * The checks of the round engine's promises can fail: each mutant is found within a few hundred random runs. Those of pauses
 * and time limits, and of contributions that are held for several commits, have files of their own.
 */
import { advance } from '../../../protocols/sync/round-engine.js';
import { drive } from '../../support/arbitrary-runs.js';
import {
  changing,
  changingCommit,
  hearing,
  itFindsEach,
  type Mutant,
  mutantPlans,
  telling,
  withPolicy,
} from '../../support/engine-mutants.js';
import { checkTrace } from '../../support/trace-checks.js';

const mutants: readonly Mutant[] = [
  {
    breaks: 'commits an update twice',
    found: /full round has K|means too few/,
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
    engine: changingCommit(({ degraded }) => (degraded === null ? {} : { waitCount: 99 })),
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
    found: /closed before it was full|full round is kept open/,
    options: withPolicy({ waitCount: () => ({ value: 2, reason: 'at will' }) }),
  },
  {
    breaks: 'names another K than it waited for',
    found: /not what the policy says/,
    engine: changingCommit(({ degraded, waitCount }) => ({
      waitCount: degraded === null ? waitCount : waitCount + 1,
    })),
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
  it('find nothing wrong with the engine itself', () => {
    for (const plan of mutantPlans()) checkTrace(drive(plan));
  });

  itFindsEach(mutants);
});
