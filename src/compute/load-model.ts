/**
 * Makes the model in a compute thread and holds it against the data set: whatever is wrong with a user's model is said
 * here, once, before training starts.
 */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { shownValue, StalewartError } from '../errors.js';
import { placeOf } from './error-place.js';
import { firstLine } from './first-line.js';
import { isLossName, lossNames } from './losses.js';
import type { MemoryLimit } from './memory-limit.js';
import type { PostedModel } from './model-source.js';
import type { ModelRequest } from './models/definition.js';
import { models } from './models/registry.js';
import { outputShapesOf } from './output-shapes.js';
import type { Loss, UserLoss } from './objective.js';
import { withinBudget } from './weight-budget.js';

export interface LoadedModel {
  readonly name: string;
  readonly model: tf.LayersModel;
  /** What the module exports; softmax cross-entropy if it exports none. */
  readonly loss: Loss;
}

const defaultLoss = 'softmaxCrossEntropy' satisfies Loss;

/**
 * @param limit of the memory that its weights are made in
 * @throws StalewartError MODEL, field `model`
 */
export async function loadModel(
  posted: PostedModel,
  request: ModelRequest,
  limit: MemoryLimit,
): Promise<LoadedModel> {
  const name = posted.kind === 'module' ? posted.path : posted.name;
  const loaded = await withinBudget(name, limit, () => load(posted, request));
  assertFits(loaded.model, request);
  assertNothingEmpty(loaded.model);
  return loaded;
}

async function load(posted: PostedModel, request: ModelRequest): Promise<LoadedModel> {
  switch (posted.kind) {
    case 'builtin': {
      const { createModel } = await models[posted.name].load();
      const make = async () => createModel(request);
      return { name: posted.name, model: await making(`${posted.name}`, request, make), loss: defaultLoss };
    }
    case 'module':
      return loadModule(posted.path, posted.url, request);
    case 'topology': {
      const rebuild = async () => rebuilt(posted.topology, posted.weights);
      return { name: posted.name, model: await making(posted.name, request, rebuild), loss: defaultLoss };
    }
  }
}

async function loadModule(path: string, url: string, request: ModelRequest): Promise<LoadedModel> {
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (cause) {
    const place = placeOf(cause, fileURLToPath(url));
    throw modelError(`model: ${path} cannot be imported: ${firstLine(cause)}${place}`, path, cause);
  }
  const { createModel, loss } = module;
  if (typeof createModel !== 'function') {
    const found = Object.keys(module).join(', ') || 'nothing';
    throw modelError(`model: ${path} exports ${found}: it must export a function createModel`, path);
  }
  const make = async (): Promise<unknown> => createModel({ ...request, tf });
  const chosen = lossOf(path, loss);
  const model = await making(path, request, make);
  return { name: model.name, model, loss: chosen };
}

function lossOf(path: string, loss: unknown): Loss {
  if (loss === undefined) return defaultLoss;
  if (typeof loss === 'function') return loss as UserLoss;
  if (isLossName(loss)) return loss;
  const allowed = `a function, or one of ${lossNames.join(', ')}`;
  throw new StalewartError('MODEL', `model: loss of ${path} is ${shownValue(loss)}: it must be ${allowed}`, {
    field: 'model',
    value: loss,
    allowed,
  });
}

async function making(
  name: string,
  request: ModelRequest,
  make: () => Promise<unknown>,
): Promise<tf.LayersModel> {
  let model: unknown;
  try {
    model = await make();
  } catch (cause) {
    if (cause instanceof StalewartError) throw cause;
    const shape = shown([null, ...request.inputShape]);
    throw modelError(
      `model: ${name} cannot be made for inputs of ${shape} and ${request.classes} classes: ${firstLine(cause)}`,
      name,
      cause,
    );
  }
  if (!isLayersModel(model))
    throw modelError(`model: createModel of ${name} returned no tf.LayersModel`, name);
  return model;
}

async function rebuilt(
  topology: string,
  weights: ReadonlyMap<string, Float32Array> | null,
): Promise<tf.LayersModel> {
  const model = await tf.models.modelFromJSON(JSON.parse(topology));
  for (const weight of weights === null ? [] : model.weights) {
    const values = weights?.get(weight.originalName);
    if (values === undefined) throw new Error(`its weight ${weight.originalName} was lost on the way`);
    tf.tidy(() => void weight.write(tf.tensor(values, weight.read().shape, 'float32')));
  }
  return model;
}

/** By its parts, not by its class: a user's module may have brought another copy of the library. */
function isLayersModel(value: unknown): value is tf.LayersModel {
  const model = value as Partial<tf.LayersModel> | null | undefined;
  return typeof model?.apply === 'function' && typeof model.calculateLosses === 'function';
}

function assertFits(model: tf.LayersModel, { inputShape, classes }: ModelRequest): void {
  const inputs = model.inputs as readonly tf.SymbolicTensor[] | null | undefined;
  const outputs = model.outputs as readonly tf.SymbolicTensor[] | null | undefined;
  if (!inputs?.length || !outputs?.length) {
    throw modelError(`model: ${model.name} is not built: give its first layer an inputShape`, model.name);
  }
  if (inputs.length > 1 || outputs.length > 1) {
    const counts = `${inputs.length} inputs and ${outputs.length} outputs`;
    throw modelError(`model: ${model.name} has ${counts}: it must have one of each`, model.name);
  }
  const sides = [
    { side: 'input', is: inputs[0]?.shape ?? [], must: [null, ...inputShape], why: 'as the data set has' },
    { side: 'output', is: outputs[0]?.shape ?? [], must: [null, classes], why: 'one value per class' },
  ];
  for (const { side, is, must, why } of sides) {
    const fits = is.length === must.length && is.every((n, i) => n === null || n === must[i]);
    if (!fits) {
      throw modelError(
        `model: the ${side} of ${model.name} has shape ${shown(is)}: it must be ${shown(must)}, ${why}`,
        shown(is),
      );
    }
  }
}

/** A window larger than its image leaves nothing of it, and a model with such a layer would train on nothing. */
function assertNothingEmpty(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    if (isModel(layer)) {
      assertNothingEmpty(layer);
      continue;
    }
    const empty = outputShapesOf(layer).find((shape) => shape.some((side) => side !== null && side < 1));
    if (empty === undefined) continue;
    const what = `the output of layer ${layer.name} (${layer.getClassName()}) has shape ${shown(empty)}`;
    throw modelError(`model: ${what}: every side must be at least 1`, layer.name);
  }
}

/** Whether the layer is a model itself. */
function isModel(layer: tf.layers.Layer): layer is tf.LayersModel {
  return 'layers' in layer && Array.isArray(layer.layers);
}

function shown(shape: readonly (number | null)[]): string {
  return `[${shape.map((side) => side ?? 'null').join(', ')}]`;
}

function modelError(message: string, value: unknown, cause?: unknown): StalewartError {
  return new StalewartError('MODEL', message, { field: 'model', value, cause });
}
