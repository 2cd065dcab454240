/**
 * SGD's error floor on a noisy quadratic, through the real simulator, engine and parameter store: it is that of theory
 * (`error-floors.ts`), and so in proportion to the learning rate (for small ones) and to 1/K. Tolerance: 6 %, which is at least
 * three standard errors.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { assertAgrees, assertTells, type Estimate } from '../support/mean-estimate.js';
import { assertDocumented } from './documented.js';
import { delayedFloor, syncFloor } from './error-floors.js';
import { curvatures, measureFloors, sigma } from './measured-floors.js';

const tolerance = 0.06;
const learningRates = [0.1, 0.2, 0.4];
const waitCounts = [1, 2, 4];
const rounds = 3000;

/** Of a quotient of two, one in each. */
const quotientTolerance = 0.09;

/** The quotient of two independent means. */
function quotient(above: Estimate, below: Estimate): Estimate {
  const mean = above.mean / below.mean;
  const relative = Math.hypot(above.standardError / above.mean, below.standardError / below.mean);
  return { mean, standardError: mean * relative };
}

describe("SGD's error floor on a noisy quadratic", () => {
  const measured = new Map<string, Promise<ReadonlyMap<number, Estimate>>>();

  async function measure(learningRate: number, waitCount: number) {
    // Of its own for each: a quotient of two is to have the errors of both.
    const seed = 401 + 3 * learningRates.indexOf(learningRate) + waitCounts.indexOf(waitCount);
    const settings = { workers: waitCount + 2, waitCount };
    const { floors, mostStale } = await measureFloors({
      policy: 'k-sync',
      settings,
      learningRate,
      rounds,
      seed,
    });
    assert.equal(mostStale, 0);
    return floors;
  }

  /** Each learning rate and wait count is measured once. */
  async function floor(learningRate: number, waitCount: number, curvature: number): Promise<Estimate> {
    const name = `${learningRate} ${waitCount}`;
    const floors = measured.get(name) ?? measure(learningRate, waitCount);
    measured.set(name, floors);
    return (await floors).get(curvature) ?? assert.fail('not measured');
  }

  for (const learningRate of learningRates) {
    for (const waitCount of waitCounts) {
      it(`K-sync, η = ${learningRate}, K = ${waitCount}: η σ² / (K h (2 − ηh)) for h = ${curvatures.join(', ')}`, async () => {
        const figures: number[] = [];
        for (const curvature of curvatures) {
          const theory = syncFloor({ learningRate, waitCount, curvature, sigma });
          const estimate = await floor(learningRate, waitCount, curvature);
          assertAgrees(estimate, theory, tolerance);
          assertTells(estimate, theory, tolerance, 0.15);
          figures.push(theory, estimate.mean);
        }
        assertDocumented('Error floor', ['k-sync', 1, learningRate, waitCount], figures);
      });
    }
  }

  it('falls as 1/K', async () => {
    for (const learningRate of learningRates) {
      for (const curvature of curvatures) {
        const one = await floor(learningRate, 1, curvature);
        for (const waitCount of [2, 4]) {
          assertAgrees(
            quotient(one, await floor(learningRate, waitCount, curvature)),
            waitCount,
            quotientTolerance,
          );
        }
      }
    }
  });

  it('grows with the learning rate as η / (2 − ηh)', async () => {
    const small = 0.1;
    for (const waitCount of waitCounts) {
      for (const curvature of curvatures) {
        const smallest = await floor(small, waitCount, curvature);
        for (const learningRate of [0.2, 0.4]) {
          const theory = (learningRate / small) * ((2 - small * curvature) / (2 - learningRate * curvature));
          assertAgrees(
            quotient(await floor(learningRate, waitCount, curvature), smallest),
            theory,
            quotientTolerance,
          );
        }
      }
    }
  });

  it('is the same with U = 5 local steps', async () => {
    const [learningRate, waitCount] = [0.1, 2];
    const { floors } = await measureFloors({
      policy: 'k-sync',
      settings: { workers: 4, waitCount },
      learningRate,
      localSteps: 5,
      rounds,
      seed: 420,
    });
    const figures = curvatures.flatMap((curvature) => {
      const theory = syncFloor({ learningRate, waitCount, curvature, sigma });
      const estimate = floors.get(curvature) ?? assert.fail();
      assertAgrees(estimate, theory, tolerance);
      return [theory, estimate.mean];
    });
    assertDocumented('Error floor', ['k-sync', 5, learningRate, waitCount], figures);
  });

  it('is that of a delayed filter for ASGD, each update of which is N − 1 versions old', async () => {
    const [learningRate, workers] = [0.15, 4];
    const { floors, mostStale } = await measureFloors({
      policy: 'asgd',
      settings: { workers },
      law: 'constant',
      learningRate,
      rounds: 2 * rounds,
      seed: 421,
    });
    assert.equal(mostStale, workers - 1);
    const figures = curvatures.flatMap((curvature) => {
      const inputs = { learningRate, waitCount: 1, curvature, sigma };
      const theory = delayedFloor(inputs, workers - 1);
      const estimate = floors.get(curvature) ?? assert.fail();
      assertAgrees(estimate, theory, tolerance);
      assertTells(estimate, theory, tolerance, 0.15);
      // Without the delay it would be another.
      assert.throws(() => assertAgrees(estimate, syncFloor(inputs), tolerance), assert.AssertionError);
      return [theory, estimate.mean];
    });
    assertDocumented('Error floor', ['asgd, N = 4', 1, learningRate, 1], figures);
  });
});

describe('formulas of the floors', () => {
  it('agree where there is no delay, and with an autoregression of order 2 where it is 1', () => {
    const inputs = { learningRate: 0.2, waitCount: 1, curvature: 1.5, sigma: 2 };
    const near = (a: number, b: number) => assert.ok(Math.abs(a / b - 1) < 1e-9, `${a}, ${b}`);
    near(delayedFloor(inputs, 0), syncFloor(inputs));
    // AR(2) with coefficients 1 and −a: variance (1 + a) / ((1 − a) ((1 + a)² − 1)) times that of the noise.
    const a = 0.3;
    near(delayedFloor(inputs, 1), ((1 + a) / ((1 - a) * ((1 + a) ** 2 - 1))) * 0.2 ** 2 * 4);
  });
});
