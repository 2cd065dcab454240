/** Steps and evaluations by a plan. */
import type { Dataset } from '../../data/dataset.js';
import type { Engine } from '../engine.js';
import type { Gatherer } from '../gather.js';
import { type LocalTaskOptions, runLocalTask, type Stepper, stepOnFirstExamples } from '../local-task.js';
import { createPlanExecutor, type PlanExecutor } from './plan-executor.js';
import type { Plan, Refusal } from './plan-model.js';

/** @returns why not, if there is not enough memory */
export function createPlanEngine(plan: Plan, options: LocalTaskOptions): Engine | Refusal {
  const executor = createPlanExecutor(plan);
  if (executor === null) {
    return {
      refusal: `it needs ${Math.ceil(plan.bytes / 2 ** 20)} MB of memory, which cannot be had`,
      tooLarge: true,
    };
  }
  const { parameters, inputs, labels } = executor;
  const stepper: Stepper = {
    inputs,
    labels,
    begin: (received) => executor.begin(received),
    // A loss is a float32, as TensorFlow.js has it.
    step: () => Math.fround(executor.step(options.batchSize)),
    read: (to) => to.set(parameters),
    end: () => {},
  };
  const evaluate = createPlanEvaluator(executor, options.dataset, options.gatherer);
  return {
    train: (task, cancelled) => runLocalTask(stepper, options, task, cancelled),
    evaluate(received, from, to) {
      executor.begin(received);
      return evaluate(from, to);
    },
    probe(received) {
      executor.begin(received);
      const loss = stepOnFirstExamples(stepper, options);
      return { loss, parameters: parameters.slice() };
    },
  };
}

/** Batches are cut the same way whatever the number of threads, and summed in order. */
function createPlanEvaluator(executor: PlanExecutor, dataset: Dataset, gatherer: Gatherer): EvaluateRange {
  const { inputs, labels, capacity } = executor;
  const examples = new Uint32Array(capacity);
  return (from, to) => {
    let correct = 0;
    let lossSum = 0;
    for (let start = from; start < to; start += capacity) {
      const size = Math.min(capacity, to - start);
      for (let i = 0; i < size; i++) examples[i] = start + i;
      gatherer.gather(dataset.test, examples.subarray(0, size), inputs, labels);
      const sums = executor.evaluate(size);
      correct += sums.correct;
      lossSum += sums.lossSum;
    }
    return { correct, lossSum };
  };
}

type EvaluateRange = (from: number, to: number) => { readonly correct: number; readonly lossSum: number };
