/**
 * A plan in a WebAssembly memory of its own. After it is made, nothing is allocated: examples and labels are written
 * into the plan's memory, and one call carries out a step. Only a dropout makes garbage: a short string a step, the
 * digits of the number that seeds it.
 */
import { compiledModule } from '../compiled-modules.js';
import { drawFromThisThread } from '../seeded-randomness.js';
import { seedAlea } from './alea.js';
import { encode } from './operations.js';
import { firstAddress, type Plan, type Table } from './plan-model.js';

export interface PlanExecutor {
  /** All weights, flat. */
  readonly parameters: Float32Array;
  /** Where the examples of a batch go, one after the other, NHWC. */
  readonly inputs: Float32Array;
  readonly labels: Int32Array;
  /** Most images in a batch. */
  readonly capacity: number;
  /** Sets the weights, and the state of the optimiser afresh. */
  begin(parameters: Float32Array): void;
  /**
   * One training step on the first `images` examples in `inputs`. Each dropout without a seed of its own draws one number
   * from `Math.random`.
   * @returns their mean loss before the step
   */
  step(images: number): number;
  /** Sums over the first `images` examples in `inputs`. */
  evaluate(images: number): { readonly lossSum: number; readonly correct: number };
}

/** What `wasm-training/assembly/plan/index.ts` exports. */
interface PlanModule {
  firstFree(): number;
  run(start: number, end: number, images: number): void;
}

const pageBytes = 65_536;

/** @returns null if its memory cannot be had */
export function createPlanExecutor(plan: Plan): PlanExecutor | null {
  const memory = allocate(plan.bytes);
  if (memory === null) return null;
  const { exports } = new WebAssembly.Instance(compiledModule('plan'), { env: { memory } });
  // The module is ours, and the build compiles it together with this file.
  const { run, firstFree } = exports as WebAssembly.Exports & PlanModule;
  if (firstFree() > firstAddress) throw new TypeError('the constants of plan.wasm reach into the plan');
  const { buffer } = memory;

  function write({ address, operations }: Table): { readonly start: number; readonly end: number } {
    const table = encode(operations);
    new Int32Array(buffer, address, table.length).set(table);
    return { start: address, end: address + table.byteLength };
  }

  const prepare = write(plan.prepare);
  const step = write(plan.step);
  const evaluation = write(plan.evaluation);
  run(prepare.start, prepare.end, 0);
  const result = new Float64Array(buffer, plan.result, 2);

  const state = plan.state.map(({ address, count, value }) => ({
    values: new Float32Array(buffer, address, count),
    value,
  }));
  for (const { address, count, value } of plan.constants) {
    new Float32Array(buffer, address, count).fill(value);
  }
  const unseeded: Float64Array[] = [];
  for (const { address, seed } of plan.dropouts) {
    const generator = new Float64Array(buffer, address, 3);
    if (seed === null) unseeded.push(generator);
    else seedAlea(generator, seed);
  }
  const parameters = new Float32Array(buffer, plan.parameters, plan.parameterCount);

  return {
    parameters,
    inputs: new Float32Array(buffer, plan.inputs, plan.capacity * plan.exampleSize),
    labels: new Int32Array(buffer, plan.labels, plan.capacity),
    capacity: plan.capacity,
    begin(received) {
      parameters.set(received);
      for (const { values, value } of state) values.fill(value);
    },
    step(images) {
      for (const generator of unseeded) seedAlea(generator, drawFromThisThread());
      run(step.start, step.end, images);
      return (result[0] ?? Number.NaN) / images;
    },
    evaluate(images) {
      run(evaluation.start, evaluation.end, images);
      return { lossSum: result[0] ?? Number.NaN, correct: result[1] ?? 0 };
    },
  };
}

function allocate(bytes: number): WebAssembly.Memory | null {
  const pages = Math.ceil(bytes / pageBytes);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
