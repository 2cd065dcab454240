/**
 * How a user names or gives a model, and the form in which it is posted to the compute threads. The main thread stays
 * free of TensorFlow.js: of a model given as a value only methods are called, whichever copy of the library it is from.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StalewartError } from '../errors.js';
import { firstLine } from './first-line.js';
import { isModelName, type ModelName, modelNames } from './models/registry.js';

/** What is used of a `tf.LayersModel`. */
export interface LayersModelLike {
  readonly name: string;
  toJSON(unused?: unknown, returnString?: boolean): unknown;
  readonly weights: readonly {
    readonly originalName: string;
    read(): { data(): Promise<ArrayLike<number>> };
  }[];
}

/**
 * - the name of a built-in model (`lenet`, `mlp`, `resnet8`);
 * - the path of a module that exports `createModel({ inputShape, classes })` and may export `loss`, a function of labels and outputs or a name;
 * - a `tf.LayersModel`: trained from the weights that it has;
 * - a function that makes one: its initial weights are drawn anew from the run's seed.
 *
 * A model given as a value is rebuilt in the compute threads from its JSON, so it cannot have layers of the user's own
 * making; a module can.
 */
export type ModelSource = string | LayersModelLike | (() => LayersModelLike | Promise<LayersModelLike>);

/** A model as posted to a thread. */
export type PostedModel =
  | { readonly kind: 'builtin'; readonly name: ModelName }
  | { readonly kind: 'module'; readonly path: string; readonly url: string }
  | {
      readonly kind: 'topology';
      readonly name: string;
      readonly topology: string;
      /** Values by name; null: drawn from the seed. */
      readonly weights: ReadonlyMap<string, Float32Array> | null;
    };

/** @throws StalewartError MODEL, field `model`, if there is no such model or module, or the value is no model */
export async function postModel(source: ModelSource): Promise<PostedModel> {
  if (typeof source === 'string') return postNamed(source);
  if (typeof source === 'function') {
    const model = await made(source);
    assertLayersModel(model, 'what the function returned');
    return { kind: 'topology', name: model.name, topology: topologyOf(model), weights: null };
  }
  assertLayersModel(source, 'the value');
  const weights = new Map<string, Float32Array>();
  for (const weight of source.weights) {
    weights.set(weight.originalName, Float32Array.from(await weight.read().data()));
  }
  return { kind: 'topology', name: source.name, topology: topologyOf(source), weights };
}

async function made(create: () => unknown): Promise<unknown> {
  try {
    return await create();
  } catch (cause) {
    throw new StalewartError('MODEL', `model: the function that makes it threw: ${firstLine(cause)}`, {
      field: 'model',
      cause,
    });
  }
}

function postNamed(name: string): PostedModel {
  if (isModelName(name)) return { kind: 'builtin', name };
  const path = resolve(name);
  if (existsSync(path)) return { kind: 'module', path: name, url: pathToFileURL(path).href };
  const allowed = `${modelNames.join(', ')}, or the path of a module that exports createModel`;
  const problem = /[/\\]|\.[cm]?[jt]s$/.test(name) ? 'there is no such file' : 'there is no such model';
  throw new StalewartError('MODEL', `model is "${name}": ${problem}; it must be ${allowed}`, {
    field: 'model',
    value: name,
    allowed,
  });
}

function assertLayersModel(value: unknown, what: string): asserts value is LayersModelLike {
  const model = value as Partial<LayersModelLike> | null | undefined;
  if (typeof model?.toJSON !== 'function' || !Array.isArray(model.weights)) {
    throw new StalewartError('MODEL', `model: ${what} is not a tf.LayersModel`, { field: 'model' });
  }
}

function topologyOf(model: LayersModelLike): string {
  try {
    return JSON.stringify(model.toJSON(null, false));
  } catch (cause) {
    throw new StalewartError(
      'MODEL',
      `model: it cannot be written as JSON, which the compute threads need (${firstLine(cause)}): give the path of a module instead`,
      { field: 'model', cause },
    );
  }
}
