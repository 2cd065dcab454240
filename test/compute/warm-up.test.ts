import assert from 'node:assert/strict';
import type { LocalTask } from '../../src/compute/compute.js';
import type { Engine } from '../../src/compute/engine.js';
import { warmUp } from '../../src/compute/warm-up.js';

const initial = Float32Array.of(1, 2);

/** Tasks that the engine was given, each of which takes so many seconds. */
function tasksGiven(seconds: number): LocalTask[] {
  const tasks: LocalTask[] = [];
  let now = 100;
  const engine: Pick<Engine, 'train'> = {
    train(task, cancelled) {
      assert.ok(!cancelled());
      tasks.push(task);
      now += seconds;
      return null;
    },
  };
  warmUp(engine, initial, () => now);
  return tasks;
}

describe('warming up', () => {
  it('is three tasks of one step', () => {
    assert.deepEqual(
      tasksGiven(0.01),
      [1, 2, 3].map((attempt) => ({ worker: 0, attempt, parameters: initial, localSteps: 1 })),
    );
  });

  it('ends after half a second, when steps are slow', () => {
    assert.equal(tasksGiven(0.3).length, 2);
    assert.equal(tasksGiven(3).length, 1);
  });
});
