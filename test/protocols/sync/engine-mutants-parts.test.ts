/** Mutants of the engine that break what it promises of contributions that are held for several commits. */
import type { Policy } from '../../../protocols/sync/policy.js';
import { advance } from '../../../protocols/sync/round-engine.js';
import { changing, changingCommit, itFindsEach, type Mutant } from '../../support/engine-mutants.js';

const mutants: readonly Mutant[] = [
  {
    breaks: 'applies all that is held, whatever the policy wants',
    found: /exactly what was accumulated/,
    options: ({ policy: { parts: _own, ...policy }, ...options }) => ({ ...options, policy }),
  },
  {
    breaks: 'weighs parts as they were admitted',
    found: /exactly what was accumulated/,
    options: (options) => {
      const { parts } = options.policy;
      if (parts === undefined) return options;
      const policy: Policy = {
        ...options.policy,
        parts: (state, held, view) =>
          parts(state, held, view).map((part) => ({
            ...part,
            weight: held.find(({ updateId }) => updateId === part.updateId)?.weight ?? 1,
          })),
      };
      return { ...options, policy };
    },
  },
  {
    breaks: 'forgets what is kept',
    found: /exactly what was accumulated|updates are still held/,
    engine: (options, state, event) => {
      const turn = advance(options, state, event);
      const contributions = turn.state.contributions.filter(({ repeated }) => !repeated);
      return { state: { ...turn.state, contributions }, effects: turn.effects };
    },
  },
  {
    breaks: 'does not say what it keeps',
    found: /keeps exactly what the policy wants/,
    engine: changing('commit', ({ kept: _kept, ...commit }) => [commit]),
  },
  {
    breaks: 'does not say that a contribution is repeated',
    found: /exactly what was accumulated/,
    engine: changingCommit(({ contributions }) => ({
      contributions: contributions.map(({ repeated: _repeated, ...contribution }) => contribution),
    })),
  },
  {
    breaks: 'applies a released update again',
    found: /exactly what was accumulated/,
    // What a commit released stays in its state.
    engine: (options, state, event) => {
      const turn = advance(options, state, event);
      const commit = turn.effects.find((effect) => effect.type === 'commit');
      if (commit?.type !== 'commit' || turn.state.status === 'over') return turn;
      const held = new Set(turn.state.contributions.map(({ updateId }) => updateId));
      const released = commit.contributions.filter(({ updateId }) => !held.has(updateId));
      const contributions = [
        ...turn.state.contributions,
        ...released.map((contribution) => ({ ...contribution, repeated: true as const })),
      ];
      return { state: { ...turn.state, contributions }, effects: turn.effects };
    },
  },
  {
    breaks: 'tells the staleness of an update at an earlier commit',
    found: /exactly what was accumulated/,
    engine: changingCommit(({ contributions }) => ({
      contributions: contributions.map((contribution) =>
        contribution.repeated ? { ...contribution, staleness: contribution.staleness - 1 } : contribution,
      ),
    })),
  },
  {
    breaks: 'gives up an update that was applied as if it had not been',
    found: /is given up as worker-lost, not released/,
    engine: changing('discard', (discard) => [
      discard.reason === 'released' ? { ...discard, reason: 'worker-lost' } : discard,
    ]),
  },
  {
    breaks: 'gives up an update that was not applied as if it had been',
    found: /is given up as released/,
    engine: changing('discard', (discard) => [
      discard.reason === 'run-over' || discard.reason === 'worker-lost'
        ? { ...discard, reason: 'released' }
        : discard,
    ]),
  },
];

describe('round engine: checks of parts', () => {
  itFindsEach(mutants);
});
