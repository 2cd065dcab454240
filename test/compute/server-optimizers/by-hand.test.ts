/** Each server optimiser against numbers worked out by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { ServerOptimizerName } from '../../../protocols/sync/server-optimizer-names.js';
import { runOptimizer, type Settings } from './run-optimizer.js';

/** The weights after each step, from [0, 0]; those of Adam and Yogi are no short fractions. */
function weightsAfter(
  name: ServerOptimizerName,
  settings: Settings,
  ...steps: [number, number][]
): number[][] {
  return runOptimizer(name, settings, [0, 0], steps).map((weights) => [...weights]);
}

describe('server optimisers by hand', () => {
  it('averaging adds the step', () => {
    assert.deepEqual(weightsAfter('averaging', {}, [1, -2], [0.5, 0]), [
      [1, -2],
      [1.5, -2],
    ]);
  });

  it('sgd adds η_g times the step', () => {
    assert.deepEqual(weightsAfter('sgd', { serverLearningRate: 0.5 }, [1, -2], [0.5, 0]), [
      [0.5, -1],
      [0.75, -1],
    ]);
  });

  it('momentum goes on where nothing pushes any more', () => {
    // m = [1, -1], w = 2m; m = ½[1, -1] + [2, 0] = [2.5, -0.5], w += 2m; m = [1.25, -0.25], w += 2m
    const settings = { serverLearningRate: 2, serverMomentum: 0.5 };
    assert.deepEqual(weightsAfter('momentum', settings, [1, -1], [2, 0], [0, 0]), [
      [2, -2],
      [7, -3],
      [9.5, -3.5],
    ]);
  });

  it('nesterov takes the step, and what the momentum will make of it', () => {
    // m = [1, -1], w = ½([1, -1] + ½m) = ½[1.5, -1.5]
    // m = ½[1, -1] + [2, 0] = [2.5, -0.5], w += ½([2, 0] + ½m) = ½[3.25, -0.25]
    // m = [1.25, -0.25], w += ½ · ½m
    const settings = { serverLearningRate: 0.5, serverMomentum: 0.5 };
    assert.deepEqual(weightsAfter('nesterov', settings, [1, -1], [2, 0], [0, 0]), [
      [0.75, -0.75],
      [2.375, -0.875],
      [2.6875, -0.9375],
    ]);
  });

  it('delayed nesterov takes Nth parts of steps, and a step of the momentum with every Nth', () => {
    // 1: w = ½[2, -4]. 2: mean [4, -2] = m, w += ½[6, 0] + ½m = [3, 0] + [2, -1]
    // 3: w += ½[0, 4]. 4: mean [2, 2], m = ½[4, -2] + [2, 2] = [4, 1], w += ½[4, 0] + ½m = [2, 0] + [2, 0.5]
    const settings = { serverLearningRate: 1, serverMomentum: 0.5, serverPeriod: 2 };
    assert.deepEqual(weightsAfter('delayed-nesterov', settings, [2, -4], [6, 0], [0, 4], [4, 0]), [
      [1, -2],
      [6, -3],
      [6, -1],
      [10, -0.5],
    ]);
  });

  it('adam divides by the root of the mean of squares, without correcting the bias', () => {
    // τ = 1, so v begins at 1; β1 = β2 = ½
    // v = ½[1, 1] + ½[49, 1] = [25, 1], m = ½[7, 1], w = m / (√v + 1) = [3.5 / 6, 0.5 / 2]
    // v = ½[25, 1] + ½[25, 49] = [25, 25], m = ½[3.5, 0.5] + ½[5, 7] = [4.25, 3.75], w += m / 6
    const settings = { serverLearningRate: 1, serverMomentum: 0.5, serverBeta2: 0.5, serverEpsilon: 1 };
    assert.deepEqual(weightsAfter('adam', settings, [7, 1], [5, 7]), [
      [3.5 / 6, 0.25].map(Math.fround),
      [3.5 / 6 + 4.25 / 6, 0.25 + 3.75 / 6].map(Math.fround),
    ]);
  });

  it('yogi moves the mean of squares by a share of the square, whichever way', () => {
    // τ = 1, so v begins at 1; β1 = β2 = ½
    // v = [1, 1] + ½[16, ·] = [9, 1] (1 is the square already), m = ½[4, 1], w = [2 / 4, 0.5 / 2]
    // v = [9, 1] − ½[4, 0] = [7, 1], m = ½[2, 0.5] + ½[2, 0] = [2, 0.25], w += [2 / (√7 + 1), 0.25 / 2]
    // Adam would have v = [6.5, 0.5] by then
    const settings = { serverLearningRate: 1, serverMomentum: 0.5, serverBeta2: 0.5, serverEpsilon: 1 };
    assert.deepEqual(weightsAfter('yogi', settings, [4, 1], [2, 0]), [
      [0.5, 0.25],
      [0.5 + 2 / (Math.sqrt(7) + 1), 0.375].map(Math.fround),
    ]);
  });
});
