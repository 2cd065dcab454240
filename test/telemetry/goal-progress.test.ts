import assert from 'node:assert/strict';
import { goalProgress, type ProgressGoal, type ProgressSoFar } from '../../src/telemetry/goal-progress.js';

const goal = (changes: Partial<ProgressGoal>): ProgressGoal => ({
  rounds: null,
  time: null,
  targetAccuracy: null,
  ...changes,
});

const soFar = (changes: Partial<ProgressSoFar>): ProgressSoFar => ({
  version: 0,
  time: 0,
  roundsPerSecond: 0,
  timePerSecond: 1,
  evaluations: [],
  ...changes,
});

describe('goal progress', () => {
  it('knows nothing of a run without an end', () => {
    const progress = goalProgress(goal({}), soFar({ version: 5, roundsPerSecond: 1 }));
    assert.deepEqual(progress, { fraction: null, secondsLeft: null, bound: 'about' });
  });

  it('goes by the rounds', () => {
    const progress = goalProgress(goal({ rounds: 400 }), soFar({ version: 100, roundsPerSecond: 3 }));
    assert.deepEqual(progress, { fraction: 0.25, secondsLeft: 100, bound: 'about' });
  });

  it('says nothing of the time left before the first round', () => {
    const progress = goalProgress(goal({ rounds: 400 }), soFar({}));
    assert.deepEqual(progress, { fraction: 0, secondsLeft: null, bound: 'about' });
  });

  it('goes by the time, virtual time included', () => {
    const progress = goalProgress(goal({ time: 240 }), soFar({ time: 60, timePerSecond: 10 }));
    assert.deepEqual(progress, { fraction: 0.25, secondsLeft: 18, bound: 'about' });
  });

  it('goes by whichever of rounds and time comes first', () => {
    const progress = goalProgress(
      goal({ rounds: 400, time: 60 }),
      soFar({ version: 40, roundsPerSecond: 1, time: 45 }),
    );
    assert.deepEqual(progress, { fraction: 0.75, secondsLeft: 15, bound: 'about' });
  });

  it('says that a target accuracy may end it sooner', () => {
    const progress = goalProgress(
      goal({ rounds: 400, targetAccuracy: 0.55 }),
      soFar({ version: 300, roundsPerSecond: 1 }),
    );
    assert.deepEqual(progress, { fraction: 0.75, secondsLeft: 100, bound: 'at-most' });
  });

  it('estimates from the last evaluations when there is only a target', () => {
    const evaluations = [0.1, 0.2, 0.3, 0.35, 0.4, 0.45].map((accuracy, index) => ({
      elapsed: 10 * index,
      accuracy,
    }));
    const progress = goalProgress(goal({ targetAccuracy: 0.5 }), soFar({ evaluations }));
    assert.equal(progress.bound, 'at-least');
    assert.equal(progress.fraction, 0.9);
    // 0.15 in the last 30 seconds.
    assert.ok(Math.abs((progress.secondsLeft ?? 0) - 10) < 1e-9);
  });

  it('cannot tell the time left while the accuracy falls or stands', () => {
    const evaluations = [
      { elapsed: 0, accuracy: 0.3 },
      { elapsed: 10, accuracy: 0.2 },
    ];
    const progress = goalProgress(goal({ targetAccuracy: 0.4 }), soFar({ evaluations }));
    assert.deepEqual(progress, { fraction: 0.5, secondsLeft: null, bound: 'at-least' });
  });

  it('is done, not more than done, past its end', () => {
    const rounds = goalProgress(goal({ rounds: 10 }), soFar({ version: 12, roundsPerSecond: 1 }));
    assert.deepEqual(rounds, { fraction: 1, secondsLeft: 0, bound: 'about' });
    const evaluations = [{ elapsed: 1, accuracy: 0.7 }];
    const target = goalProgress(goal({ targetAccuracy: 0.5 }), soFar({ evaluations }));
    assert.deepEqual(target, { fraction: 1, secondsLeft: 0, bound: 'at-least' });
  });
});
