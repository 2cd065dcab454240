/**
 * A compute thread: one TensorFlow.js instance, which takes one job after the other. It keeps nothing between jobs that
 * could change the outcome of the next. A job that throws leaves TensorFlow.js in a state that nobody vouches for, so
 * the pool then puts a new thread in its place.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { StalewartError } from '../errors.js';
import { activateBackend } from './backend.js';
import type { ModelInfo } from './compute.js';
import { createEvaluator, type Evaluator } from './evaluate.js';
import { firstLine } from './first-line.js';
import { createGatherer } from './gather.js';
import { type LoadedModel, loadModel } from './load-model.js';
import { createLocalSgd, type LocalSgd } from './local-sgd.js';
import { createObjective } from './objective.js';
import { type Parameters, parametersOf } from './parameters.js';
import { seedThisThread } from './seeded-randomness.js';
import { sharedVector } from './shared-vector.js';
import {
  type JobMessage,
  postError,
  type StartPhase,
  type ThreadData,
  type ThreadMessage,
} from './thread-messages.js';

interface Workshop {
  readonly parameters: Parameters;
  readonly localSgd: LocalSgd;
  readonly evaluator: Evaluator;
}

if (parentPort === null) throw new Error('thread.js runs as a worker thread only');
const port = parentPort;
const data = workerData as ThreadData;
const post = (message: ThreadMessage) => port.postMessage(message, handedOver(message));
const phase: { now: StartPhase } = { now: 'backend' };

// Standard output belongs to the results of a command: what a user's model prints goes to standard error. (Reading
// the thread's output in the main thread instead would keep the process alive.)
process.stdout.write = process.stderr.write.bind(process.stderr);

try {
  const workshop = await start();
  port.on('message', (message: JobMessage) => post(perform(workshop, message)));
} catch (error) {
  post({ type: 'cannot-start', phase: phase.now, error: postError(startError(error)) });
}

async function start(): Promise<Workshop> {
  await activateBackend(data.backend);

  phase.now = 'model';
  const { dataset, seed } = data;
  seedThisThread(seed, 'initial-weights');
  const loaded = await loadModel(data.model, dataset);
  const { model } = loaded;
  const parameters = parametersOf(model);
  const info = describe(loaded, parameters);

  phase.now = 'step';
  const gatherer = createGatherer(dataset);
  const objective = createObjective(model, loaded.loss);
  const localSgd = createLocalSgd({ ...data, model, parameters, objective, gatherer });
  const evaluator = createEvaluator(model, objective, dataset, gatherer);
  localSgd.probe();
  post({ type: 'ready', model: info });
  return { parameters, localSgd, evaluator };
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

/** A delta changes hands instead of being copied; not shared, because V8 counts no shared memory as garbage. */
function handedOver(message: ThreadMessage): ArrayBuffer[] {
  const buffer = message.type === 'trained' ? message.update.delta.buffer : null;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}

function describe({ name, model }: LoadedModel, parameters: Parameters): ModelInfo {
  const { count, weights } = parameters;
  const initial = sharedVector(count);
  parameters.read(initial);
  return { name, parameterCount: count, weights, initial, topology: model.toJSON(null, false) };
}

function perform({ parameters, localSgd, evaluator }: Workshop, { job, cancel }: JobMessage): ThreadMessage {
  const cancelled = () => Atomics.load(cancel, 0) !== 0;
  try {
    if (job.type === 'train') {
      const update = localSgd.run(job.task, cancelled);
      return update === null ? { type: 'cancelled' } : { type: 'trained', update };
    }
    if (cancelled()) return { type: 'cancelled' };
    seedThisThread(data.seed, 'evaluate', job.from);
    parameters.write(job.parameters);
    return { type: 'evaluated', part: evaluator.evaluate(job.from, job.to) };
  } catch (error) {
    return { type: 'failed', error: postError(error) };
  }
}
