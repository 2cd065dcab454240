/**
 * Which engine carries out training steps and evaluations in a compute thread. `plan` is a step compiled for the model
 * (`plan/`), `tfjs` TensorFlow.js on its backend, which can do any model. `auto` takes the plan where there is one that
 * does as TensorFlow.js does: the first step of both is compared. What needs more memory than there is, is refused before
 * either engine is made.
 */
import { StalewartError } from '../errors.js';
import type { BackendName } from './backend.js';
import type { LocalTask, LocalUpdate } from './compute.js';
import type { EngineChoice, EngineName } from './engine-choice.js';
import type { EvaluationPart } from './evaluate.js';
import type { Refusal } from './plan/plan-model.js';

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
  readonly tfjs: {
    /** Why there is not enough memory for its steps, or for its evaluations, in one sentence; null: there may be. */
    shortage(use: 'step' | 'evaluation'): string | null;
    make(): Engine;
  };
  /** The plan, for which nothing is allocated yet; or why there is none. */
  makePlan(): PlannedEngine | Refusal;
}

export interface PlannedEngine {
  make(): Engine | Refusal;
}

/**
 * Chooses. The chosen engine has then taken a step.
 * @throws StalewartError CONFIG, field `engine`, if the plan was asked for and there is none
 * @throws StalewartError MODEL, field `model`, if TensorFlow.js has not enough memory for the model
 */
export function chooseEngine(candidates: EngineCandidates): ChosenEngine {
  const { choice, backend, initial, tfjs } = candidates;
  if (choice === 'tfjs') return onTfjs(candidates, 'as asked');
  if (choice === 'auto' && backend !== 'wasm') return onTfjs(candidates, `the backend is ${backend}`);
  const planned = candidates.makePlan();
  if ('refusal' in planned) return withoutPlan(candidates, planned);
  assertRoom(tfjs.shortage('step'));
  const stock = tfjs.make();
  const expected = stock.probe(initial);
  const plan = planned.make();
  if ('refusal' in plan) return withoutPlan(candidates, plan, stock);
  const refusal = differences(initial, expected, plan.probe(initial));
  if (refusal !== null) return withoutPlan(candidates, { refusal }, stock);
  return { engine: plan, name: 'plan', reason: choice === 'plan' ? 'as asked' : 'it can do this model' };
}

/** @param made the engine, if it has been made and has taken a step */
function onTfjs({ tfjs, initial }: EngineCandidates, reason: string, made?: Engine): ChosenEngine {
  assertRoom(tfjs.shortage('step'));
  assertRoom(tfjs.shortage('evaluation'));
  const engine = made ?? tfjs.make();
  if (made === undefined) engine.probe(initial);
  return { engine, name: 'tfjs', reason };
}

function withoutPlan(
  candidates: EngineCandidates,
  { refusal, tooLarge }: Refusal,
  made?: Engine,
): ChosenEngine {
  if (candidates.choice === 'auto') return onTfjs(candidates, `no plan: ${refusal}`, made);
  const mend = tooLarge === true ? 'take a smaller batch or model' : 'it must be auto or tfjs';
  throw new StalewartError('CONFIG', `engine is "plan", which cannot do this model: ${refusal}; ${mend}`, {
    field: 'engine',
    value: candidates.choice,
    allowed: 'auto, tfjs',
  });
}

function assertRoom(shortage: string | null): void {
  if (shortage !== null) throw new StalewartError('MODEL', `model: ${shortage}`, { field: 'model' });
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
