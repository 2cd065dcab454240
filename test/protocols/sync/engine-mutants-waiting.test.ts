/** Mutants of the engine that break what it promises of pauses, of time limits and of rounds that judge themselves. */
import { absentMember } from '../../../protocols/sync/member.js';
import { advance } from '../../../protocols/sync/round-engine.js';
import { changing, itFindsEach, type Mutant, telling, withPolicy } from '../../support/engine-mutants.js';

const mutants: readonly Mutant[] = [
  {
    breaks: 'ignores pauses',
    found: /goes on, but is to wait/,
    options: withPolicy({ pause: () => null }),
  },
  {
    breaks: 'pauses whom nobody wants to wait',
    found: /is paused for nothing/,
    options: withPolicy({ pause: () => 'at will' }),
  },
  {
    breaks: 'pauses a worker in the middle of its work',
    found: /is paused in its work/,
    engine: changing('assign', (assign) => [
      assign,
      { type: 'pause', worker: assign.worker, reason: 'at will' },
    ]),
  },
  {
    breaks: 'pauses a worker twice',
    found: /waits already/,
    engine: changing('pause', (pause) => [pause, pause]),
  },
  {
    breaks: 'never resumes',
    found: /is still paused|all are paused, and nobody works/,
    engine: changing('assign', (assign) => (assign.reason === 'resumed' ? [] : [assign])),
  },
  {
    breaks: 'lets everybody wait for ever',
    found: /all are paused, and nobody works/,
    // In its state one more worker is still to come.
    engine: (options, state, event) => {
      const { members } = state;
      const awaited = { ...absentMember(members.length, 'expected') };
      const turn = advance(options, { ...state, members: [...members, awaited] }, event);
      const known = turn.state.members.filter(
        ({ worker, incarnation }) => worker !== awaited.worker || incarnation > 0,
      );
      return { state: { ...turn.state, members: known }, effects: turn.effects };
    },
  },
  {
    breaks: 'resumes all although some work',
    found: /is to wait for others who work/,
    engine: (options, state, event) => {
      const turn = advance(options, state, event);
      const paused = turn.state.members.find(({ status }) => status === 'paused');
      if (paused === undefined) return turn;
      const { worker, incarnation, attempt } = paused;
      const { version } = turn.state;
      const { localSteps } = options;
      const assign = { worker, incarnation, attempt: attempt + 1, version, localSteps };
      return {
        state: turn.state,
        effects: [...turn.effects, { type: 'assign', ...assign, reason: 'resumed' }],
      };
    },
  },
  {
    breaks: 'says that a paused worker was refreshed',
    found: /was not paused, or was/,
    engine: changing('assign', (assign) => [
      assign.reason === 'resumed' ? { ...assign, reason: 'refreshed' } : assign,
    ]),
  },
  {
    breaks: 'sets no time limits',
    found: /the time limit of worker/,
    options: withPolicy({ timeLimit: () => null }),
  },
  {
    breaks: 'sets other time limits',
    found: /the limit of task:/,
    engine: changing('schedule', (schedule) => [
      schedule.deadline.startsWith('task:') ? { ...schedule, at: schedule.at + 1 } : schedule,
    ]),
  },
  {
    breaks: 'limits the time of other work',
    found: /the limit of other work/,
    engine: changing('schedule', (schedule) => [
      schedule.deadline.startsWith('task:') ? { ...schedule, deadline: 'task:99:1' } : schedule,
    ]),
  },
  {
    breaks: 'does not hear that a task overran its limit',
    found: /works on after its time limit/,
    engine: (options, state, event) =>
      event.type === 'deadline-passed' && event.deadline.startsWith('task:')
        ? { state, effects: [] }
        : advance(options, state, event),
  },
  {
    breaks: 'accepts the update of a task that overran',
    found: /comes from the dead/,
    // In its state the worker is still at the work that was cancelled.
    engine: (options, state, event) => {
      if (event.type !== 'update-arrived') return advance(options, state, event);
      const members = state.members.map((member) =>
        member.status === 'paused' && member.uploadedAt === null
          ? { ...member, status: 'computing' as const }
          : member,
      );
      return advance(options, { ...state, members }, event);
    },
  },
  {
    breaks: 'does not tell the policy of overruns',
    found: /a full round is kept open/,
    options: withPolicy({ overran: (state: unknown) => state }),
  },
  {
    breaks: 'forgets a worker whose task overran',
    found: /is forgotten/,
    engine: telling((effects, event) =>
      event.type === 'deadline-passed'
        ? effects.filter((effect) => effect.type !== 'assign' || effect.reason !== 'restarted')
        : effects,
    ),
  },
  {
    breaks: 'counts to K where the policy judges',
    found: /a full round is kept open|closed before it was full/,
    options: ({ policy: { isFull: _own, ...policy }, ...options }) => ({ ...options, policy }),
  },
  {
    breaks: 'closes rounds that judge themselves at once',
    found: /closed before it was full/,
    options: withPolicy({ isFull: () => true }, 'isFull'),
  },
];

describe('round engine: checks of pauses and time limits', () => {
  itFindsEach(mutants);
});
