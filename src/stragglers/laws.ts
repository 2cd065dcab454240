/**
 * Draws one task time from each law, and knows its mean. A draw is a pure function of the law and of the random stream
 * that it is handed; the sampling itself is d3-random's. Gamma is the coefficient-of-variation method of Ali et al.
 * (HCW 2000): machine means q_k ~ Gamma(1/V_mach², μ·V_mach²), tasks ~ Gamma(1/V_task², q_k·V_task²).
 */
import { randomExponential, randomGamma, randomLogNormal, randomPareto, randomWeibull } from 'd3-random';
import { integerBelow, type Random } from '../random/seeded-random.js';
import { gammaFunction } from './gamma-function.js';
import type { StragglerSpec } from './straggler-spec.js';
import { checkTraceCovers, loadTrace } from './trace.js';

/** Task times of one worker, before slowdown and slow spells. */
export interface WorkerLaw {
  /** Expected time; `Infinity` for a Pareto law with shape of at most 1. */
  readonly mean: number;
  draw(random: Random): number;
}

/** Gives each worker its law. `machine` is the worker's own stream for what is drawn once. */
export type LawOfWorker = (worker: number, machine: Random) => WorkerLaw;

/** @throws StalewartError CONFIG if a trace cannot be used for so many workers */
export function createLaw(spec: StragglerSpec, workers: number): LawOfWorker {
  switch (spec.law) {
    case 'none':
      return same({ mean: 0, draw: () => 0 });
    case 'constant':
      return same({ mean: spec.mean, draw: () => spec.mean });
    case 'exponential':
      return same({ mean: spec.mean, draw: (random) => randomExponential.source(random)(1 / spec.mean)() });
    case 'shifted-exponential': {
      const draw = (random: Random) => spec.shift + randomExponential.source(random)(1 / spec.mean)();
      return same({ mean: spec.shift + spec.mean, draw });
    }
    case 'gamma':
      return (_worker, machine) => {
        const own = drawGamma(machine, spec.mean, spec.vmach);
        return { mean: own, draw: (random) => drawGamma(random, own, spec.vtask) };
      };
    case 'pareto': {
      const { shape } = spec;
      const scale = spec.scale ?? ((spec.mean ?? 1) * (shape - 1)) / shape;
      const mean = shape > 1 ? (scale * shape) / (shape - 1) : Infinity;
      return same({ mean, draw: (random) => scale * randomPareto.source(random)(shape)() });
    }
    case 'log-normal': {
      const variance = Math.log1p(spec.cv ** 2);
      const mu = Math.log(spec.mean) - variance / 2;
      const draw = (random: Random) => randomLogNormal.source(random)(mu, Math.sqrt(variance))();
      return same({ mean: spec.mean, draw });
    }
    case 'weibull': {
      const scale = spec.mean / gammaFunction(1 + 1 / spec.shape);
      return same({
        mean: spec.mean,
        draw: (random) => randomWeibull.source(random)(spec.shape, 0, scale)(),
      });
    }
    case 'empirical': {
      const trace = loadTrace(spec.file);
      checkTraceCovers(trace, workers, spec.file);
      return (worker) => sampleFrom(trace.byWorker?.get(worker) ?? trace.times);
    }
  }
}

function same(law: WorkerLaw): LawOfWorker {
  return () => law;
}

/** Gamma law by its mean and coefficient of variation; variation 0 is a constant. */
function drawGamma(random: Random, mean: number, variation: number): number {
  if (variation === 0) return mean;
  const square = variation ** 2;
  return randomGamma.source(random)(1 / square, mean * square)();
}

/** Any of the times, each equally likely, with replacement. */
function sampleFrom(times: readonly number[]): WorkerLaw {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { mean, draw: (random) => times[integerBelow(random, times.length)] ?? mean };
}
