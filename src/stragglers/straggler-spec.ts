/**
 * The laws of task times as a user may name them, with their parameters and defaults. A law says how long one task
 * (U local steps of one worker) takes: seconds in a live run, virtual units in a simulated one. Which worker is how much
 * slower on top of it is said by `slowdown` and `bursts`. Formulas: docs/stragglers.md.
 */
import { z } from 'zod';

const mean = z.number().positive().default(1);

const none = z.strictObject({ law: z.literal('none') });

const constant = z.strictObject({ law: z.literal('constant'), mean });

const exponential = z.strictObject({ law: z.literal('exponential'), mean });

const shiftedExponential = z.strictObject({
  law: z.literal('shifted-exponential'),
  /** The time that every task takes at least. */
  shift: z.number().min(0).default(1),
  /** Mean of the exponential part: a task takes shift + mean on average. */
  mean,
});

const gamma = z.strictObject({
  law: z.literal('gamma'),
  /** Mean over all machines and tasks. */
  mean,
  /** Coefficient of variation of one machine's tasks; 0: they all take the same time. */
  vtask: z.number().min(0).max(10).default(0.1),
  /** Coefficient of variation of the machines' means; 0: all machines are alike. */
  vmach: z.number().min(0).max(10).default(0.6),
});

const pareto = z.strictObject({
  law: z.literal('pareto'),
  /** Tail index α: the smaller, the heavier the tail; the mean is finite above 1. */
  shape: z.number().positive().default(2.5),
  mean: z.number().positive().optional(),
  /** Shortest possible time, instead of `mean`. */
  scale: z.number().positive().optional(),
});

const logNormal = z.strictObject({
  law: z.literal('log-normal'),
  mean,
  /** Coefficient of variation. */
  cv: z.number().positive().max(100).default(0.5),
});

const weibull = z.strictObject({
  law: z.literal('weibull'),
  /** Below 1: heavier tail than exponential; 1: exponential; above 1: lighter. */
  shape: z.number().min(0.05).default(0.7),
  mean,
});

const empirical = z.strictObject({
  law: z.literal('empirical'),
  /** CSV with a column `time` and, if each worker has times of its own, a column `worker`. */
  file: z.string().min(1),
});

export const stragglerSchema = z.discriminatedUnion('law', [
  none,
  constant,
  exponential,
  shiftedExponential,
  gamma,
  pareto,
  logNormal,
  weibull,
  empirical,
]);

/** A law with its parameters, as a user may give them: what is left out has its default. */
export type StragglerInput = z.input<typeof stragglerSchema>;

/** A law with all its parameters. */
export type StragglerSpec = z.output<typeof stragglerSchema>;

export type StragglerLaw = StragglerSpec['law'];
