/**
 * Which engine carries out training steps and evaluations in a compute thread. `plan` is a step compiled for the model
 * (`plan/`), `tfjs` TensorFlow.js on its backend, which can do any model. `auto` takes the plan where there is one that
 * does as TensorFlow.js does: the first step of both is compared.
 */
import { StalewartError } from '../errors.js';
import type { BackendName } from './backend.js';
import type { LocalTask, LocalUpdate } from './compute.js';
import type { EvaluationPart } from './evaluate.js';

export const engineChoices = ['auto', 'plan', 'tfjs'] as const;
export type EngineChoice = (typeof engineChoices)[number];
export type EngineName = Exclude<EngineChoice, 'auto'>;

/** What does the work of a compute thread. The outcome of each call depends on its arguments alone. */
export interface Engine {
  /** @returns null if `cancelled` said so before a step */
  train(task: LocalTask, cancelled: () => boolean): LocalUpdate | null;
  /** The weights on test examples from … to − 1. */
  evaluate(parameters: Float32Array, from: number, to: number): EvaluationPart;
  /** One step from `parameters` on the first training examples. @returns the loss before it, and the weights after it */
  probe(parameters: Float32Array): FirstStep;
}

export interface FirstStep {
  readonly loss: number;
  readonly parameters: Float32Array;
}

export interface ChosenEngine {
  readonly engine: Engine;
  readonly name: EngineName;
  /** Why, in a few words. */
  readonly reason: string;
}

/** What may be chosen from. */
export interface EngineCandidates {
  readonly choice: EngineChoice;
  readonly backend: BackendName;
  /** Weights to take the first step from. */
  readonly initial: Float32Array;
  readonly tfjs: Engine;
  /** The plan, or why there is none. */
  makePlan(): Engine | { readonly refusal: string };
}

/**
 * Chooses. The chosen engine has then taken a step.
 * @throws StalewartError CONFIG, field `engine`, if the plan was asked for and there is none
 */
export function chooseEngine({ choice, backend, initial, tfjs, makePlan }: EngineCandidates): ChosenEngine {
  const stay = (reason: string): ChosenEngine => ({ engine: tfjs, name: 'tfjs', reason });
  const expected = tfjs.probe(initial);
  if (choice === 'tfjs') return stay('as asked');
  if (choice === 'auto' && backend !== 'wasm') return stay(`the backend is ${backend}`);
  const plan = makePlan();
  const refusal = 'refusal' in plan ? plan.refusal : differences(initial, expected, plan.probe(initial));
  if (!('refusal' in plan) && refusal === null) {
    return { engine: plan, name: 'plan', reason: choice === 'plan' ? 'as asked' : 'it can do this model' };
  }
  if (choice === 'auto') return stay(`no plan: ${refusal}`);
  throw new StalewartError(
    'CONFIG',
    `engine is "plan", which cannot do this model: ${refusal}; it must be auto or tfjs`,
    { field: 'engine', value: choice, allowed: 'auto, tfjs' },
  );
}

/**
 * How far two first steps may be apart, relative to the step: rounding, and now and then a pixel of two equal ones. An
 * error in a plan would be a hundred times larger.
 */
const tolerance = 1e-2;
/** Relative to the weights: a step may be lost in their rounding. */
const rounding = 1e-6;

/** What is wrong with the step, or null. */
function differences(initial: Float32Array, expected: FirstStep, actual: FirstStep): string | null {
  const [size, movement, apart] = [new Sum(), new Sum(), new Sum()];
  for (let i = 0; i < initial.length; i++) {
    const [was, is, should] = [initial[i] ?? 0, actual.parameters[i] ?? 0, expected.parameters[i] ?? 0];
    size.add(was);
    movement.add(should - was);
    apart.add(is - should);
  }
  if (!Number.isFinite(movement.root) || !Number.isFinite(expected.loss)) return null; // nothing to compare with
  const fits =
    apart.root <= tolerance * movement.root + rounding * size.root &&
    Math.abs(actual.loss - expected.loss) <= tolerance * Math.max(1, Math.abs(expected.loss));
  return fits ? null : 'its first step is not that of TensorFlow.js';
}

/** Length of a vector, element by element. */
class Sum {
  #squares = 0;

  add(value: number): void {
    this.#squares += value * value;
  }

  get root(): number {
    return Math.sqrt(this.#squares);
  }
}
