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
  /** It went through a ReLU, which its gradient is still to go back through. */
  relu: boolean;
  /** Address of the gradient; null until an operation gives it one. */
  gradient: number | null;
}

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
  readonly backward: Operation[] = [];
  /** Groups of eight images in a batch. */
  readonly groups: number;
  readonly parameters: number;
  readonly gradients: number;
  readonly parameterCount: number;
  readonly #weights = new Map<string, Weight & { readonly shape: readonly number[] }>();
  readonly #stepped = new Set<Weight>();
  readonly #steps: (() => void)[] = [];
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

  /** Address of a value of so many elements an image, for the whole batch. */
  allocateValue(size: number): number {
    return this.allocate(this.groups * size * lanes);
  }

  /** @throws Unplannable if the layer has no such weight of this shape */
  weight(layer: string, name: string, shape: readonly number[]): Weight {
    const full = `${layer}/${name}`;
    const weight = this.#weights.get(full);
    if (weight === undefined) throw new Unplannable(`there is no weight ${full}`);
    if (weight.shape.length !== shape.length || weight.shape.some((side, i) => side !== shape[i])) {
      throw new Unplannable(
        `its weight ${name} has shape [${weight.shape.join(', ')}]: it must be [${shape.join(', ')}]`,
      );
    }
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

  /** A new tensor. */
  tensor(shape: readonly number[], trained: boolean, relu = false): Tensor {
    const size = countOf(shape);
    const address = this.allocateValue(size);
    return { shape, value: { address, size, trained, uses: 0, relu, gradient: null } };
  }

  prepareWith<Name extends OperationName>(name: Name, fields: Fields<Name>): void {
    this.prepare.push({ name, fields });
  }

  forwards<Name extends OperationName>(name: Name, fields: Fields<Name>): void {
    this.forward.push({ name, fields });
  }

  backwards<Name extends OperationName>(name: Name, fields: Fields<Name>): void {
    this.backward.push({ name, fields });
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
    if (value.gradient !== null) throw new Unplannable('its input goes into another layer too');
    value.gradient = this.allocateValue(value.size);
    write(value.gradient);
  }

  /** Gradient of a layer's output, gone back through its ReLU; null: the loss does not depend on it. */
  gradientOf(value: Value): number | null {
    if (value.gradient !== null && value.relu) {
      this.backwards('reluGradient', { size: value.size, y: value.address, dy: value.gradient });
      value.relu = false;
    }
    return value.gradient;
  }
}

/** Elements of a shape. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}
