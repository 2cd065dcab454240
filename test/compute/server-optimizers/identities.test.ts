/** What holds of server optimisers whatever the steps: which is a special case of which, and that they can be resumed. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { serverOptimizerNames } from '../../../protocols/sync/server-optimizer-names.js';
import { serverOptimizers } from '../../../src/compute/server-optimizers/registry.js';
import { createOptimizer, runOptimizer, takeSteps } from './run-optimizer.js';

const number = fc.double({ noNaN: true, min: -100, max: 100 });
const steps = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 12 });
const start = fc.tuple(
  fc.float({ noNaN: true, min: -10, max: 10 }),
  fc.float({ noNaN: true, min: -10, max: 10 }),
);
const rate = fc.double({ noNaN: true, min: 0.01, max: 3 });
const beta = fc.double({ noNaN: true, min: 0, max: 0.99 });

describe('server optimisers', () => {
  it('are registered under their names', () => {
    assert.deepEqual(Object.keys(serverOptimizers), [...serverOptimizerNames]);
    for (const name of serverOptimizerNames) assert.equal(serverOptimizers[name].name, name);
  });

  it('averaging is sgd with rate 1, bit for bit', () => {
    fc.assert(
      fc.property(start, steps, (from, list) => {
        const sgd = runOptimizer('sgd', { serverLearningRate: 1 }, from, list);
        assert.deepEqual(runOptimizer('averaging', {}, from, list), sgd);
      }),
    );
  });

  it('momentum and nesterov with β = 0 are sgd, bit for bit', () => {
    fc.assert(
      fc.property(start, steps, rate, (from, list, serverLearningRate) => {
        const settings = { serverLearningRate, serverMomentum: 0 };
        const sgd = runOptimizer('sgd', settings, from, list);
        sameWeights(runOptimizer('momentum', settings, from, list), sgd);
        sameWeights(runOptimizer('nesterov', settings, from, list), sgd);
      }),
    );
  });

  it('delayed nesterov with N = 1 is nesterov, bit for bit', () => {
    fc.assert(
      fc.property(start, steps, rate, beta, (from, list, serverLearningRate, serverMomentum) => {
        const settings = { serverLearningRate, serverMomentum, serverPeriod: 1 };
        const nesterov = runOptimizer('nesterov', settings, from, list);
        sameWeights(runOptimizer('delayed-nesterov', settings, from, list), nesterov);
      }),
    );
  });

  it('delayed nesterov makes of N steps one Nesterov step on their mean', () => {
    const periods = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.array(steps, { minLength: 1, maxLength: 4 }),
        periods,
        rate,
        beta,
        (lists, n, eta, momentum) => {
          const windows = lists.map((list) =>
            Array.from({ length: n }, (_, i) => list[i % list.length] ?? [0, 0]),
          );
          const means = windows.map((window) =>
            [0, 1].map((element) => window.reduce((sum, step) => sum + (step[element] ?? 0), 0) / n),
          );
          const settings = { serverLearningRate: eta, serverMomentum: momentum, serverPeriod: n };
          const delayed = runOptimizer('delayed-nesterov', settings, [0, 0], windows.flat()).at(-1);
          const once = runOptimizer('nesterov', settings, [0, 0], means).at(-1);
          for (const element of [0, 1] as const) {
            const [a = Number.NaN, b = Number.NaN] = [delayed?.[element], once?.[element]];
            assert.ok(Math.abs(a - b) <= 0.01 + 1e-4 * Math.abs(b), `${a} is not ${b}`);
          }
        },
      ),
    );
  });

  it("momentum and nesterov are torch.optim.SGD's, as its documentation writes them, on the gradient −step", () => {
    for (const nesterov of [false, true]) {
      fc.assert(
        fc.property(start, steps, rate, beta, (from, list, lr, mu) => {
          let buffer = [0, 0];
          let weights = from.map(Math.fround);
          const documented = list.map((step, t) => {
            const gradient = step.map((s) => -s);
            // b_1 = g_1, b_t = μ·b_{t−1} + g_t (no dampening); g ← g + μ·b or g ← b; θ ← θ − γ·g
            buffer = gradient.map((g, i) => (t === 0 ? g : mu * (buffer[i] ?? 0) + g));
            const used = nesterov ? gradient.map((g, i) => g + mu * (buffer[i] ?? 0)) : buffer;
            weights = weights.map((w, i) => Math.fround(w - lr * (used[i] ?? 0)));
            return Float32Array.from(weights);
          });
          const settings = { serverLearningRate: lr, serverMomentum: mu };
          const ours = runOptimizer(nesterov ? 'nesterov' : 'momentum', settings, from, list);
          sameWeights(ours, documented);
        }),
      );
    }
  });

  for (const name of serverOptimizerNames) {
    it(`${name} goes on from its stored state as if it had never stopped`, () => {
      fc.assert(
        fc.property(start, steps, steps, (from, before, after) => {
          const whole = createOptimizer(name, {}, 2);
          const atStop = takeSteps(whole, Float32Array.from(from), before).at(-1) ?? assert.fail();
          const stored = whole.state();
          const expected = takeSteps(whole, atStop, after);
          const resumed = createOptimizer(name, {}, 2);
          resumed.restore(structuredClone(stored));
          assert.deepEqual(takeSteps(resumed, atStop, after), expected);
        }),
      );
    });
  }
});

/** Bit for bit, but for the sign of zeros. */
function sameWeights(actual: readonly Float32Array[], expected: readonly Float32Array[]): void {
  const unsigned = (weights: Float32Array) => Array.from(weights, (weight) => weight + 0);
  assert.deepEqual(actual.map(unsigned), expected.map(unsigned));
}
