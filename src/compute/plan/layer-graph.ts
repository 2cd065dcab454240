/**
 * The layers of a model in the order in which TensorFlow.js computes them (and draws random numbers for them), from the Keras-style JSON that `model.toJSON` gives, Sequential or
 * functional. It knows nothing about what the layers do.
 */
import * as z from 'zod';
import { Unplannable } from './unplannable.js';

/** One layer, used once. */
export interface LayerNode {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Names of the layers whose outputs it takes; empty for an input layer. */
  readonly inputs: readonly string[];
}

export interface LayerGraph {
  readonly layers: readonly LayerNode[];
  /** Name of the layer that gives the model's output. */
  readonly output: string;
}

const layer = z.object({
  class_name: z.string(),
  config: z.looseObject({ name: z.string() }),
  inbound_nodes: z.array(z.array(z.tuple([z.string(), z.int(), z.int()], z.unknown()))).optional(),
});
const place = z.tuple([z.string(), z.int(), z.int()]);
const sequential = z.object({
  class_name: z.literal('Sequential'),
  config: z.object({ layers: z.array(layer) }),
});
const functional = z.object({
  class_name: z.enum(['Model', 'Functional']),
  config: z.object({
    layers: z.array(layer),
    input_layers: z.array(place).length(1),
    output_layers: z.array(place).length(1),
  }),
});

/** @throws Unplannable if it is no such model, or a layer is used more than once */
export function readLayerGraph(topology: unknown): LayerGraph {
  const chain = sequential.safeParse(topology);
  if (chain.success) return fromChain(chain.data.config.layers);
  const net = functional.safeParse(topology);
  if (net.success) return fromNet(net.data.config);
  throw new Unplannable('its JSON is neither that of a Sequential nor of a functional model');
}

/**
 * Whether the layer's input is read by this layer alone, also under another name: layers that only change the shape pass
 * on the very value that they were given.
 */
export function isAloneOnInput({ layers, output }: LayerGraph, layer: LayerNode): boolean {
  const [input] = layer.inputs;
  if (input === undefined || layer.inputs.length > 1 || input === output) return false;
  const readers = layers.filter(({ inputs }) => inputs.includes(input));
  const before = layers.find(({ name }) => name === input);
  return readers.length === 1 && before !== undefined && !passesOn.has(before.className);
}

const passesOn: ReadonlySet<string> = new Set(['Activation', 'Dropout', 'Flatten', 'ReLU']);

type LayerJson = z.infer<typeof layer>;

function fromChain(layers: readonly LayerJson[]): LayerGraph {
  const nodes: LayerNode[] = [];
  for (const each of layers) {
    const last = nodes.at(-1);
    if (last === undefined && each.class_name !== 'InputLayer') nodes.push(inputOf(each));
    const before = nodes.at(-1);
    nodes.push(node(each, before === undefined ? [] : [before.name]));
  }
  return { layers: nodes, output: nodes.at(-1)?.name ?? '' };
}

/** A Sequential's first layer carries the shape of the input. */
function inputOf({ config }: LayerJson): LayerNode {
  return { name: `${config.name} (input)`, className: 'InputLayer', config, inputs: [] };
}

function fromNet({ layers, output_layers }: z.infer<typeof functional>['config']): LayerGraph {
  const nodes = layers.map((each) => {
    const calls = each.inbound_nodes ?? [];
    if (calls.length > 1) {
      throw new Unplannable(
        `layer ${each.config.name} is used ${calls.length} times: once is what a plan can do`,
      );
    }
    return node(
      each,
      (calls[0] ?? []).map(([name]) => name),
    );
  });
  const output = output_layers[0]?.[0] ?? '';
  return { layers: inOrder(new Map(nodes.map((each) => [each.name, each])), output), output };
}

/**
 * What the output needs, each layer behind its inputs. Of several inputs the last is computed first: `execute` of
 * TensorFlow.js walks back from the output with a stack.
 */
function inOrder(nodes: ReadonlyMap<string, LayerNode>, output: string): LayerNode[] {
  const ordered: LayerNode[] = [];
  const state = new Map<string, 'begun' | 'done'>();
  const visit = (name: string): void => {
    const node = nodes.get(name);
    if (state.get(name) === 'done' || node === undefined) return;
    if (state.get(name) === 'begun') throw new Unplannable('its layers form a circle');
    state.set(name, 'begun');
    for (const input of node.inputs.toReversed()) visit(input);
    state.set(name, 'done');
    ordered.push(node);
  };
  visit(output);
  return ordered;
}

function node({ class_name, config }: LayerJson, inputs: readonly string[]): LayerNode {
  return { name: config.name, className: class_name, config, inputs };
}
