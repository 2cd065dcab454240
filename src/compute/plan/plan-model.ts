/**
 * The planner: from a model's JSON to the operations of a training step and of an evaluation, over buffers whose places
 * are all known beforehand. It is pure: no TensorFlow.js, no WebAssembly, nothing allocated. What it cannot plan exactly as
 * TensorFlow.js would compute it, it refuses, naming the first layer and the reason.
 */
import type { LocalOptimizer } from '../local-optimizers.js';
import type { LossName } from '../losses.js';
import { isAloneOnInput, type LayerNode, readLayerGraph } from './layer-graph.js';
import { layerPlanners } from './layers/registry.js';
import { hasSoftmax } from './layers/softmax.js';
import { encodedWords, type Operation, type OperationName } from './operations.js';
import { planOptimizer } from './optimizers.js';
import {
  countOf,
  type DropoutState,
  type Filled,
  lanes,
  PlanBuilder,
  type Tensor,
  type WeightInfo,
} from './plan-builder.js';
import { Unplannable } from './unplannable.js';

export interface PlanRequest {
  /** What `model.toJSON(null, false)` gives. */
  readonly topology: unknown;
  /** In the order of the flat vector of parameters. */
  readonly weights: readonly WeightInfo[];
  /** Shape of one example. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** B. */
  readonly batchSize: number;
  /** η. */
  readonly learningRate: number;
  readonly localOptimizer: LocalOptimizer;
  /** Default: softmax cross-entropy. */
  readonly loss?: LossName;
}

/** Operations, and where they are encoded. */
export interface Table {
  readonly address: number;
  readonly operations: readonly Operation[];
}

/** Addresses are in bytes. */
export interface Plan {
  /** Memory that it needs. */
  readonly bytes: number;
  /** Most images in a batch: the batch size, rounded up to whole groups of eight. */
  readonly capacity: number;
  readonly parameters: number;
  readonly parameterCount: number;
  /** Examples one after the other, NHWC. */
  readonly inputs: number;
  readonly exampleSize: number;
  /** An i32 each. */
  readonly labels: number;
  /** Two f64: sum of the losses; images whose class was predicted, of an evaluation. */
  readonly result: number;
  /** Of the optimiser, afresh for every task. */
  readonly state: readonly Filled[];
  /** To be written once. */
  readonly constants: readonly Filled[];
  /** To be seeded before a training step, in this order. */
  readonly dropouts: readonly DropoutState[];
  /** To be carried out once. */
  readonly prepare: Table;
  /** A training step. */
  readonly step: Table;
  readonly evaluation: Table;
}

/** Why there is no plan, as a part of a sentence: `layer conv1 (Conv2D): data_format is "channels_first"`. */
export interface Refusal {
  readonly refusal: string;
  /** Set where it needs more memory than there is. */
  readonly tooLarge?: true;
}

/** Constants of the WebAssembly module lie below. */
export const firstAddress = 65_536;

/** Addresses above are no longer positive as i32, which the module counts with. */
export const mostPlanBytes = 2 ** 31;

/** The operation that computes a loss, and its gradient. */
const lossOperations = {
  softmaxCrossEntropy: 'crossEntropy',
  meanSquaredError: 'meanSquaredError',
} as const satisfies Record<LossName, OperationName>;

export function planModel(request: PlanRequest): Plan | Refusal {
  try {
    return plan(request);
  } catch (error) {
    if (error instanceof Unplannable) {
      return error.tooLarge ? { refusal: error.message, tooLarge: true } : { refusal: error.message };
    }
    throw error;
  }
}

function plan(request: PlanRequest): Plan {
  const { inputShape, classes, batchSize, learningRate, localOptimizer } = request;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new Unplannable(`the batch size is ${batchSize}: it must be a whole number from 1`);
  }
  const graph = readLayerGraph(request.topology);
  const builder = new PlanBuilder(request.weights, batchSize, firstAddress);
  const capacity = builder.groups * lanes;
  const exampleSize = countOf(inputShape);
  const inputs = builder.allocate(capacity * exampleSize);
  const labels = builder.allocate(capacity);
  const result = builder.allocate(4);

  const tensors = new Map<string, Tensor>();
  const rate = localOptimizer === 'sgd' ? learningRate : null;
  for (const layer of graph.layers) tensors.set(layer.name, planLayer(layer));

  const outputs = tensors.get(graph.output);
  if (outputs === undefined) throw new Unplannable(`there is no output layer ${graph.output}`);
  if (outputs.shape.length !== 1 || outputs.shape[0] !== classes) {
    throw new Unplannable(`the output has shape [${outputs.shape.join(', ')}]: it must be [${classes}]`);
  }
  const softmax = Number(graph.layers.some((layer) => layer.name === graph.output && hasSoftmax(layer)));
  const loss = { classes, softmax, outputs: outputs.value.address, labels, result };
  const lossOperation = lossOperations[request.loss ?? 'softmaxCrossEntropy'];
  builder.forwardsInInference(lossOperation, { ...loss, gradient: 0 });
  builder.contribute(outputs.value, (gradient) => builder.backwards(lossOperation, { ...loss, gradient }));
  builder.goBack();
  const state = planOptimizer(builder, localOptimizer, learningRate);
  const table = (operations: readonly Operation[]): Table => ({
    address: builder.allocate(encodedWords(operations)),
    operations,
  });
  const made = {
    capacity,
    parameters: builder.parameters,
    parameterCount: builder.parameterCount,
    inputs,
    exampleSize,
    labels,
    result,
    state,
    constants: builder.constants,
    dropouts: builder.dropouts,
    prepare: table(builder.prepare),
    step: table([...builder.forward, ...builder.backward]),
    evaluation: table(builder.inference),
  };
  if (builder.bytes > mostPlanBytes) {
    const [need, most] = [builder.bytes, mostPlanBytes].map((bytes) => (bytes / 2 ** 30).toFixed(1));
    throw new Unplannable(`it would need ${need} GB of memory: at most ${most} GB can be had`, {
      tooLarge: true,
    });
  }
  return { bytes: builder.bytes, ...made };

  function planLayer(layer: LayerNode): Tensor {
    try {
      if (layer.className === 'InputLayer') return planInput(layer);
      const planner = layerPlanners[layer.className];
      if (planner === undefined) throw new Unplannable('a plan cannot do layers of this kind');
      refuseExtras(layer);
      const given = layer.inputs.map((name) => tensors.get(name)).filter((tensor) => tensor !== undefined);
      return planner(builder, layer, given, {
        rate,
        aloneOnInput: isAloneOnInput(graph, layer),
        isLast: layer.name === graph.output,
      });
    } catch (error) {
      if (!(error instanceof Unplannable)) throw error;
      throw new Unplannable(`layer ${layer.name} (${layer.className}): ${error.message}`);
    }
  }

  function planInput({ config }: LayerNode): Tensor {
    const dtype = config['dtype'];
    if (dtype !== undefined && dtype !== null && dtype !== 'float32') {
      throw new Unplannable(`its dtype is ${JSON.stringify(dtype)}`);
    }
    return builder.tensor(inputShape, false, (address) => {
      builder.forwards('pack', { size: exampleSize, from: inputs, to: address });
      return null;
    });
  }
}

/** What a layer may carry of which no planner takes care. */
function refuseExtras({ config }: LayerNode): void {
  for (const [key, value] of Object.entries(config)) {
    if (value !== null && /_(regularizer|constraint)$/.test(key)) throw new Unplannable(`it has a ${key}`);
  }
}
