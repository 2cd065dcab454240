/**
 * What the layers write a plan with: it gives out memory, collects the operations forward, and runs what the layers have
 * to do backward in reverse order. Every value lies in the batch-lanes layout [groups][elements of one image][8], so
 * each has one place for the whole batch, and nothing is allocated once the plan is made.
 */
import type { Fields, Operation, OperationName } from './operations.js';
import { Unplannable } from './unplannable.js';

/** Images side by side in the lanes. */
export const lanes = 8;
const floatBytes = 4;
const cacheLine = 64;

/** Where a value lies, and what is known of its gradient while operations are collected. */
export interface Value {
  readonly address: number;
  /** Elements of one image. */
  readonly size: number;
  /** Whether something that is trained has had a part in it. */
  readonly trained: boolean;
  /** Operations that read it, going forward. */
  uses: number;
  /** It went through an activation in place, which its gradient is still to go back through. */
  activation: Activation | null;
  /** Operations that end with a ReLU if told so, and whose output may be changed in place; null: it must stay. */
  readonly madeBy: readonly Operation[] | null;
  /** Address of the gradient; null until an operation gives it one. */
  gradient: number | null;
}

/** In the order of their numbers in the module. */
const activations = ['relu', 'tanh', 'sigmoid'] as const;
export type Activation = (typeof activations)[number];

/** A value as a layer sees it. Layers that only change the shape share the value. */
export interface Tensor {
  /** Of one example. */
  readonly shape: readonly number[];
  readonly value: Value;
}

/** A weight in the flat vector of parameters. */
export interface Weight {
  /** Of the weight itself. */
  readonly address: number;
  /** Of its gradient. */
  readonly gradient: number;
  readonly count: number;
  readonly trainable: boolean;
}

/** Floats of one value. */
export interface Filled {
  readonly address: number;
  readonly count: number;
  readonly value: number;
}

/** Where a dropout has its generator. */
export interface DropoutState {
  /** Of three f64. */
  readonly address: number;
  /** null: drawn from `Math.random` for every step. */
  readonly seed: number | null;
}

/** Weights that lie side by side, and their gradients. */
export type Run = Pick<Weight, 'address' | 'gradient' | 'count'>;

export interface WeightInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
}

export class PlanBuilder {
  /** Operations that make tables, once. */
  readonly prepare: Operation[] = [];
  readonly forward: Operation[] = [];
  /** Forward, in inference mode. */
  readonly inference: Operation[] = [];
  readonly backward: Operation[] = [];
  /** In the order in which TensorFlow.js seeds them. */
  readonly dropouts: DropoutState[] = [];
  /** To be written once. */
  readonly constants: Filled[] = [];
  /** Groups of eight images in a batch. */
  readonly groups: number;
  readonly parameters: number;
  readonly gradients: number;
  readonly parameterCount: number;
  readonly #weights = new Map<string, Weight & { readonly shape: readonly number[] }>();
  readonly #stepped = new Set<Weight>();
  readonly #steps: (() => void)[] = [];
  #scratch = { address: 0, floats: 0 };
  #end: number;

  /**
   * @param start first address that may be given out
   * @param images of a batch
   */
  constructor(weights: readonly WeightInfo[], images: number, start: number) {
    this.#end = start;
    this.groups = Math.ceil(images / lanes);
    this.parameterCount = weights.reduce((sum, { shape }) => sum + countOf(shape), 0);
    this.parameters = this.allocate(this.parameterCount);
    this.gradients = this.allocate(this.parameterCount);
    let offset = 0;
    for (const { name, shape, trainable } of weights) {
      const count = countOf(shape);
      const at = offset * floatBytes;
      const address = this.parameters + at;
      this.#weights.set(name, { address, gradient: this.gradients + at, count, trainable, shape });
      offset += count;
    }
  }

  /** Bytes of memory up to here. */
  get bytes(): number {
    return this.#end;
  }

  /** Address of so many floats, at a cache line's start. */
  allocate(floats: number): number {
    const address = Math.ceil(this.#end / cacheLine) * cacheLine;
    this.#end = address + floats * floatBytes;
    return address;
  }

  /** Address of so many floats that have this value and are never written. */
  constant(count: number, value: number): number {
    const address = this.allocate(count);
    this.constants.push({ address, count, value });
    return address;
  }

  /** Addresses of so many floats twice, that any operation may use and none keeps. */
  scratch(first: number, second: number): readonly [first: number, second: number] {
    const firstLines = Math.ceil((first * floatBytes) / cacheLine) * cacheLine;
    const floats = firstLines / floatBytes + second;
    if (floats > this.#scratch.floats) this.#scratch = { address: this.allocate(floats), floats };
    const { address } = this.#scratch;
    return [address, address + firstLines];
  }

  /** Address of a value of so many elements an image, for the whole batch. */
  allocateValue(size: number): number {
    return this.allocate(this.groups * size * lanes);
  }

  /** @throws Unplannable if the layer has no such weight of this shape */
  weight(layer: string, name: string, shape: readonly number[]): Weight {
    const weight = this.#find(layer, name);
    if (weight.shape.length !== shape.length || weight.shape.some((side, i) => side !== shape[i])) {
      throw new Unplannable(
        `its weight ${name} has shape [${weight.shape.join(', ')}]: it must be [${shape.join(', ')}]`,
      );
    }
    return weight;
  }

  /** @throws Unplannable if the layer has no such weight */
  shapeOf(layer: string, name: string): readonly number[] {
    return this.#find(layer, name).shape;
  }

  #find(layer: string, name: string): Weight & { readonly shape: readonly number[] } {
    const weight = this.#weights.get(`${layer}/${name}`);
    if (weight === undefined) throw new Unplannable(`there is no weight ${layer}/${name}`);
    return weight;
  }

  /** The weights have had their step: the optimiser leaves them alone. */
  stepTaken(...weights: readonly Weight[]): void {
    for (const weight of weights) this.#stepped.add(weight);
  }

  /** Runs of adjacent weights that are trained and have not had their step, in order. */
  runsToStep(): Run[] {
    const runs: Run[] = [];
    for (const weight of this.#weights.values()) {
      const { address, gradient, count, trainable } = weight;
      if (!trainable || this.#stepped.has(weight)) continue;
      const last = runs.at(-1);
      if (last !== undefined && last.address + last.count * floatBytes === address) {
        runs[runs.length - 1] = { ...last, count: last.count + count };
      } else {
        runs.push({ address, gradient, count });
      }
    }
    return runs;
  }

  /**
   * A new tensor.
   * @param make writes the operations that make it; those that it returns can end with a ReLU, and the output may be
   * changed afterwards
   * @throws Unplannable if it would have no elements
   */
  tensor(
    shape: readonly number[],
    trained: boolean,
    make: (address: number, size: number) => readonly Operation[] | null,
  ): Tensor {
    if (shape.some((side) => side < 1)) {
      throw new Unplannable(`its output has shape [${shape.join(', ')}]: every side must be at least 1`);
    }
    const size = countOf(shape);
    const address = this.allocateValue(size);
    const madeBy = make(address, size);
    return { shape, value: { address, size, trained, uses: 0, activation: null, madeBy, gradient: null } };
  }

  /** Applies the activation to a value that nothing has read yet. @returns whether that could be done */
  activateInPlace(value: Value, activation: Activation): boolean {
    if (value.madeBy === null || value.activation !== null) return false;
    value.activation = activation;
    const { address, size } = value;
    if (activation === 'relu') for (const { fields } of value.madeBy) fields['relu'] = 1;
    else this.forwards('activation', { size, kind: numberOf(activation), x: address, y: address });
    return true;
  }

  prepareWith<Name extends OperationName>(name: Name, fields: Fields<Name>): void {
    this.prepare.push({ name, fields: { ...fields } });
  }

  /** In training and in inference. */
  forwards<Name extends OperationName>(name: Name, fields: Fields<Name>): Operation {
    const operation = this.forwardsInTraining(name, fields);
    this.inference.push(operation);
    return operation;
  }

  forwardsInTraining<Name extends OperationName>(name: Name, fields: Fields<Name>): Operation {
    const operation = { name, fields: { ...fields } };
    this.forward.push(operation);
    return operation;
  }

  forwardsInInference<Name extends OperationName>(name: Name, fields: Fields<Name>): Operation {
    const operation = { name, fields: { ...fields } };
    this.inference.push(operation);
    return operation;
  }

  backwards<Name extends OperationName>(name: Name, fields: Fields<Name>): void {
    this.backward.push({ name, fields: { ...fields } });
  }

  /** What a layer has to do going backward, after all layers behind it. */
  onTheWayBack(step: () => void): void {
    this.#steps.push(step);
  }

  /** Collects the operations backward. */
  goBack(): void {
    for (const step of this.#steps.toReversed()) step();
  }

  /** Has `write` give the value its share of gradient at the address that it is told; none is wanted of untrained values. */
  contribute(value: Value, write: (address: number) => void): void {
    if (!value.trained) return;
    const address = this.allocateValue(value.size);
    write(address);
    if (value.gradient === null) value.gradient = address;
    else this.#addToGradient(value, value.gradient, address);
  }

  /**
   * Gives the value a layer's own gradient as its share.
   * @param keep whether the layer's gradient is still needed as it is; else the value may take it over
   */
  passOn(value: Value, dy: number, keep: boolean): void {
    if (!value.trained) return;
    if (value.gradient !== null) return this.#addToGradient(value, value.gradient, dy);
    if (!keep) {
      value.gradient = dy;
      return;
    }
    value.gradient = this.allocateValue(value.size);
    this.backwards('copy', { size: value.size, from: dy, to: value.gradient });
  }

  #addToGradient({ size }: Value, gradient: number, share: number): void {
    this.backwards('add', { size, a: gradient, b: share, y: gradient, relu: 0 });
  }

  /** Gradient of a layer's output, gone back through its activation; null: the loss does not depend on it. */
  gradientOf({ gradient, activation, size, address }: Value): number | null {
    if (gradient !== null && activation !== null) {
      const kind = numberOf(activation);
      this.backwards('activationGradient', { size, kind, y: address, dy: gradient, dx: gradient });
    }
    return gradient;
  }
}

/** The number that the module knows the activation by. */
export function numberOf(activation: Activation): number {
  return activations.indexOf(activation);
}

/** Elements of a shape. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
