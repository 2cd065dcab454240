/**
 * A compute thread: one TensorFlow.js instance, which takes one job after the other. It keeps nothing between jobs that
 * could change the outcome of the next. A job that throws leaves TensorFlow.js in a state that nobody vouches for, so
 * the pool then puts a new thread in its place.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { StalewartError } from '../errors.js';
import { activateBackend } from './backend.js';
import { adoptModules } from './compiled-modules.js';
import type { ModelInfo } from './compute.js';
import { type ChosenEngine, chooseEngine, type Engine } from './engine.js';
import { firstLine } from './first-line.js';
import { createGatherer } from './gather.js';
import { type LoadedModel, loadModel } from './load-model.js';
import { type MemoryLimit, memoryLimitOf } from './memory-limit.js';
import { memoryNeedsOf, shortage } from './memory-needs.js';
import { createObjective } from './objective.js';
import { type Parameters, parametersOf } from './parameters.js';
import { createPlanEngine } from './plan/plan-engine.js';
import { mostPlanBytes, planModel } from './plan/plan-model.js';
import { seedThisThread } from './seeded-randomness.js';
import { countShared, sharedVector } from '../memory/shared-memory.js';
import {
  type JobMessage,
  postError,
  type StartPhase,
  type ThreadData,
  type ThreadMessage,
} from './thread-messages.js';
import { createTfjsEngine } from './tfjs-engine.js';
import { untrainedRanges } from './untrained.js';
import { warmUp } from './warm-up.js';

if (parentPort === null) throw new Error('thread.js runs as a worker thread only');
const port = parentPort;
const data = workerData as ThreadData;
const post = (message: ThreadMessage) => port.postMessage(message);
const phase: { now: StartPhase } = { now: 'backend' };

// Standard output belongs to the results of a command: what a user's model prints goes to standard error. (Reading
// the thread's output in the main thread instead would keep the process alive.)
process.stdout.write = process.stderr.write.bind(process.stderr);

try {
  const engine = await start();
  port.on('message', (message: JobMessage) => post(perform(engine, message)));
} catch (error) {
  post({ type: 'cannot-start', phase: phase.now, error: postError(startError(error)) });
}

async function start(): Promise<Engine> {
  adoptModules(data.modules);
  await activateBackend(data.backend);

  phase.now = 'model';
  const { dataset, seed } = data;
  seedThisThread(seed, 'initial-weights');
  const loaded = await loadModel(data.model, dataset, limitOfWeights());
  const parameters = parametersOf(loaded.model);
  const initial = sharedVector(parameters.count);
  parameters.read(initial);

  phase.now = 'step';
  const chosen = choose(loaded, parameters, initial);
  if (data.partitions.length > 0) warmUp(chosen.engine, initial, () => performance.now() / 1000);
  post({ type: 'ready', model: describe(loaded, parameters, initial, chosen) });
  return chosen.engine;
}

/** Of a plan that was asked for they would not fit into more than it can have, whatever the backend has. */
function limitOfWeights(): MemoryLimit {
  const limit = memoryLimitOf(data.backend);
  if (data.engine !== 'plan' || limit.bytes < mostPlanBytes) return limit;
  return { bytes: mostPlanBytes, owner: 'a plan' };
}

function choose(loaded: LoadedModel, parameters: Parameters, initial: Float32Array): ChosenEngine {
  const { dataset, batchSize, learningRate, localOptimizer } = data;
  const { model } = loaded;
  const gatherer = createGatherer(dataset);
  const objective = createObjective(model, loaded.loss);
  const untrained = untrainedRanges(parameters.weights);
  const needs = memoryNeedsOf({ model, weights: parameters.weights, batchSize, localOptimizer });
  const limit = memoryLimitOf(data.backend);
  return chooseEngine({
    choice: data.engine,
    backend: data.backend,
    initial,
    tfjs: {
      shortage: (use) => shortage(needs, limit, use),
      make: () => createTfjsEngine({ ...data, model, parameters, objective, gatherer, untrained }),
    },
    makePlan() {
      const { loss } = loaded;
      if (typeof loss === 'function') return { refusal: 'the model has a loss of its own' };
      const plan = planModel({
        topology: model.toJSON(null, false),
        weights: parameters.weights,
        inputShape: dataset.inputShape,
        classes: dataset.classes,
        batchSize,
        learningRate,
        localOptimizer,
        loss,
      });
      if ('refusal' in plan) return plan;
      return { make: () => createPlanEngine(plan, { ...data, gatherer, untrained }) };
    },
  });
}

/** Errors that are not ours yet can only come from the probing step: TensorFlow.js or the user's loss threw. */
function startError(error: unknown): unknown {
  if (error instanceof StalewartError || phase.now !== 'step') return error;
  const line = firstLine(error);
  return new StalewartError(
    'MODEL',
    `model: a training step of it fails on the ${data.backend} backend: ${line}`,
    {
      field: 'model',
      cause: error,
    },
  );
}

function describe(
  { name, model }: LoadedModel,
  { count, weights }: Parameters,
  initial: Float32Array,
  { name: engine, reason: engineReason }: ChosenEngine,
): ModelInfo {
  const topology: unknown = model.toJSON(null, false);
  return { name, parameterCount: count, weights, initial, topology, engine, engineReason };
}

function perform(engine: Engine, { job, cancel }: JobMessage): ThreadMessage {
  const cancelled = () => Atomics.load(cancel, 0) !== 0;
  try {
    if (job.type === 'train') {
      countShared(job.task.parameters);
      const update = engine.train(job.task, cancelled);
      return update === null ? { type: 'cancelled' } : { type: 'trained', update };
    }
    if (cancelled()) return { type: 'cancelled' };
    countShared(job.parameters);
    return { type: 'evaluated', part: engine.evaluate(job.parameters, job.from, job.to) };
  } catch (error) {
    return { type: 'failed', error: postError(error) };
  }
}
