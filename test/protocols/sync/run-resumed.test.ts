/** A run that goes on from a state: nobody of before lives any more, and everybody may come again. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { EngineEvent, UpdateArrived } from '../../../protocols/sync/events.js';
import { findPolicy } from '../../../protocols/sync/registry.js';
import {
  advance,
  type EngineOptions,
  type EngineState,
  initialState,
} from '../../../protocols/sync/round-engine.js';
import { resolvePolicySettings } from '../../../protocols/sync/settings.js';

const settings = resolvePolicySettings({ workers: 2, waitCount: 2 });
const policy = findPolicy('k-async')?.create(settings);
assert.ok(policy !== undefined);
const options: EngineOptions = { policy, workers: 2, localSteps: 1, roundDeadline: 5, maxRounds: 1 };

function update(worker: number, attempt: number, baseVersion: number, time: number): UpdateArrived {
  const incarnation = 1;
  const updateId = `${worker}.${incarnation}.${attempt}`;
  const seen = { steps: 1, samples: 8, loss: 1, firstLoss: 1, finite: true };
  return { type: 'update-arrived', time, updateId, worker, incarnation, attempt, baseVersion, ...seen };
}

function after(events: readonly EngineEvent[], from: EngineState = initialState(options), given = options) {
  let state = from;
  const effects = events.flatMap((event) => {
    const next = advance(given, state, event);
    state = next.state;
    return next.effects;
  });
  return { state, effects };
}

const joins = [0, 1].map(
  (worker): EngineEvent => ({ type: 'worker-joined', time: 0, worker, incarnation: 1 }),
);

describe('run-resumed', () => {
  it('takes everybody for lost until they join again, and gives the open round its whole deadline', () => {
    const { state: before } = after([...joins, update(0, 1, 0, 1)]);
    const { state, effects } = after([{ type: 'run-resumed', time: 3 }], before);
    assert.deepEqual(effects, [{ type: 'schedule', deadline: 'round:0', at: 8 }]);
    assert.deepEqual(
      state.members.map(({ status, incarnation, attempt }) => [status, incarnation, attempt]),
      [
        ['lost', 1, 1],
        ['lost', 1, 1],
      ],
    );
    // What an earlier life sends is refused; the next one begins with the next attempt.
    const { effects: late } = after([update(1, 1, 0, 4)], state);
    assert.deepEqual(
      late.map((effect) => (effect.type === 'discard' ? effect.reason : effect.type)),
      ['dead-incarnation'],
    );
    const { effects: joined } = after([{ type: 'worker-joined', time: 4, worker: 1, incarnation: 2 }], state);
    const assigned = joined.flatMap((effect) => (effect.type === 'assign' ? [effect] : []));
    assert.deepEqual(
      assigned.map(({ worker, incarnation, attempt }) => [worker, incarnation, attempt]),
      [[1, 2, 2]],
    );
  });

  it('has a run that was over go on with the next version', () => {
    const { state: over } = after([...joins, update(0, 1, 0, 1), update(1, 1, 0, 2)]);
    assert.equal(over.status, 'over');
    const more = { ...options, maxRounds: 2 };
    const rejoined = [0, 1].map(
      (worker): EngineEvent => ({ type: 'worker-joined', time: 4, worker, incarnation: 2 }),
    );
    const { state, effects } = after([{ type: 'run-resumed', time: 3 }, ...rejoined], over, more);
    assert.deepEqual([state.status, state.statusReason, state.version], ['running', '', 1]);
    const versions = effects.flatMap((effect) => (effect.type === 'assign' ? [effect.version] : []));
    assert.deepEqual(versions, [1, 1]);
  });
});
