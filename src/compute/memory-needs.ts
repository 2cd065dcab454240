/**
 * What TensorFlow.js needs of memory for a model, known from shapes alone, before anything is allocated. It is a lower
 * bound: in training all outputs of layers live until the step is over, because gradients may ask for them. Kernels take
 * more on the way; where that is too much, the allocation fails with a sentence of its own.
 */
import type * as tf from '@tensorflow/tfjs';
import { evaluationBatch } from './evaluation-batch.js';
import type { LocalOptimizer } from './local-optimizers.js';
import { gigabytes, type MemoryLimit } from './memory-limit.js';
import { outputShapesOf } from './output-shapes.js';

export interface MemoryRequest {
  readonly model: Pick<tf.LayersModel, 'layers'>;
  readonly weights: readonly { readonly shape: readonly number[]; readonly trainable: boolean }[];
  readonly batchSize: number;
  readonly localOptimizer: LocalOptimizer;
}

/** Bytes. */
export interface MemoryNeeds {
  readonly step: number;
  readonly evaluation: number;
  /** The layer with the largest output, and what that takes for a batch. */
  readonly largest: { readonly layer: string; readonly bytes: number };
  readonly batchSize: number;
}

const floatBytes = 4;

/** Copies of the trained weights that an optimiser keeps. */
const optimizerCopies = { sgd: 0, momentum: 1, adam: 2 } as const satisfies Record<LocalOptimizer, number>;

/** Layers whose output may lie where their input does. */
const sharing: ReadonlySet<string> = new Set(['Activation', 'Dropout', 'Flatten', 'Masking', 'Reshape']);

/**
 * How many tensors of its output's size a layer keeps for a step, and has at once going backward: surely where it has
 * weights that are trained. In training a ReLU is not fused: what it is taken of is kept, and where a bias was added, what
 * that was added to.
 */
function copiesOf(layer: tf.layers.Layer): { readonly values: number; readonly gradients: number } {
  if (sharing.has(layer.getClassName())) return { values: 0, gradients: 0 };
  const { activation, useBias } = layer.getConfig();
  const trained = Number(layer.trainableWeights.length > 0);
  if (activation !== 'relu') return { values: 1, gradients: trained };
  return { values: useBias === true ? 3 : 2, gradients: 2 * trained };
}

export function memoryNeedsOf({ model, weights, batchSize, localOptimizer }: MemoryRequest): MemoryNeeds {
  const all = bytesOf(weights);
  const trained = bytesOf(weights.filter(({ trainable }) => trainable));
  const layers = model.layers.map((layer) => ({
    layer: `${layer.name} (${layer.getClassName()})`,
    bytes: outputSize(layer) * floatBytes,
    ...copiesOf(layer),
  }));
  const outputs = layers.reduce((sum, { bytes, values }) => sum + bytes * values, 0);
  const outputGradients = Math.max(0, ...layers.map(({ bytes, gradients }) => bytes * gradients));
  const largest = layers.reduce((most, each) => (each.bytes > most.bytes ? each : most), {
    layer: 'none',
    bytes: 0,
  });
  const state = trained * optimizerCopies[localOptimizer];
  return {
    // While gradients are taken, when all are there, and while the optimiser steps.
    step:
      all + Math.max((outputs + outputGradients) * batchSize, outputs * batchSize + trained, trained + state),
    evaluation: all + largest.bytes * evaluationBatch,
    largest: { layer: largest.layer, bytes: largest.bytes * batchSize },
    batchSize,
  };
}

/** Why the model cannot be trained or evaluated with so much memory, in one sentence; null if it may be possible. */
export function shortage(
  needs: MemoryNeeds,
  { bytes, owner }: MemoryLimit,
  use: 'step' | 'evaluation',
): string | null {
  if (needs[use] <= bytes) return null;
  const { layer, bytes: largest } = needs.largest;
  const examples = use === 'step' ? needs.batchSize : evaluationBatch;
  const what = use === 'step' ? `a training step on ${examples} examples` : `evaluating ${examples} examples`;
  const part = (largest / needs.batchSize) * examples;
  const most = part > needs[use] / 10 ? ` (the output of layer ${layer} alone ${gigabytes(part)})` : '';
  const mend = use === 'step' ? 'take a smaller batch or model' : 'take a smaller model';
  return `${what} needs at least ${gigabytes(needs[use])} of memory${most}: ${owner} has ${gigabytes(bytes)} at most; ${mend}`;
}

function bytesOf(weights: MemoryRequest['weights']): number {
  return weights.reduce((sum, { shape }) => sum + sizeOf(shape) * floatBytes, 0);
}

/** Elements for one example; sides that depend on the input count as 1. */
function outputSize(layer: tf.layers.Layer): number {
  return outputShapesOf(layer).reduce((sum, shape) => sum + sizeOf(shape.slice(1)), 0);
}

function sizeOf(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((size, side) => size * (side ?? 1), 1);
}
