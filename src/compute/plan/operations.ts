/**
 * The operations of a plan as the WebAssembly module reads them: per operation its code, the bytes to the next one, then
 * its fields, four bytes each. Order of operations and fields must be that of `wasm-training/assembly/plan/index.ts` and
 * the classes that it names. A field is an i32 (a count or an address) unless it is named in `floats`.
 */

const window = [
  'batch',
  'inHeight',
  'inWidth',
  'inChannels',
  'outHeight',
  'outWidth',
  'outChannels',
  'filterHeight',
  'filterWidth',
  'strideHeight',
  'strideWidth',
  'dilationHeight',
  'dilationWidth',
  'padTop',
  'padLeft',
] as const;

const batchNorm = [
  'pixels',
  'channels',
  'x',
  'y',
  'gamma',
  'beta',
  'movingMean',
  'movingVariance',
  'mean',
  'scale',
  'sums',
  'epsilon',
  'decay',
  'relu',
] as const;

const loss = ['classes', 'softmax', 'outputs', 'labels', 'gradient', 'result'] as const;

const maxPoolGradient = [...window, 'x', 'y', 'dy', 'dx', 'relu'] as const;

const layouts = {
  axisPlan: ['plan', 'destinationSize', 'sourceSize', 'taps', 'multiplier', 'offset', 'dilation', 'divisor'],
  pack: ['size', 'from', 'to'],
  convolution: [
    ...window,
    'x',
    'filter',
    'bias',
    'y',
    'relu',
    'rowPlan',
    'columnPlan',
    'packed',
    'tiles',
    'scratch',
  ],
  convolutionInputGradient: [
    ...window,
    'dy',
    'filter',
    'dx',
    'rowPlan',
    'columnPlan',
    'packed',
    'tiles',
    'scratch',
  ],
  filterGradient: [...window, 'x', 'dy', 'dFilter', 'dBias', 'sums', 'tiles', 'scratch'],
  dense: ['ins', 'outs', 'x', 'weights', 'bias', 'y', 'relu', 'panel'],
  denseInputGradient: ['ins', 'outs', 'dy', 'weights', 'dx'],
  denseGradient: ['ins', 'outs', 'x', 'dy', 'dWeights', 'dBias', 'weights', 'bias', 'rate', 'rows'],
  maxPool: [...window, 'x', 'y'],
  maxPoolGradient,
  activationGradient: ['size', 'kind', 'y', 'dy', 'dx'],
  crossEntropy: loss,
  sgd: ['count', 'weights', 'gradient', 'rate'],
  activation: ['size', 'kind', 'x', 'y'],
  add: ['size', 'a', 'b', 'y', 'relu'],
  copy: ['size', 'from', 'to'],
  averagePool: [...window, 'x', 'y'],
  averagePoolGradient: [...window, 'dy', 'dx'],
  batchNorm,
  batchNormInference: batchNorm,
  batchNormGradient: [
    'pixels',
    'channels',
    'x',
    'dy',
    'dx',
    'gamma',
    'dGamma',
    'dBeta',
    'mean',
    'scale',
    'sums',
  ],
  momentum: ['count', 'weights', 'gradient', 'velocity', 'rate', 'momentum'],
  adam: [
    'count',
    'weights',
    'gradient',
    'first',
    'second',
    'powers',
    'rate',
    'beta1',
    'beta2',
    'share1',
    'share2',
    'epsilon',
  ],
  adamPowers: ['powers', 'beta1', 'beta2'],
  depthwise: [...window, 'x', 'filter', 'bias', 'y', 'relu', 'rowPlan', 'columnPlan'],
  depthwiseInputGradient: [...window, 'dy', 'filter', 'dx', 'rowPlan', 'columnPlan'],
  depthwiseFilterGradient: [...window, 'x', 'dy', 'dFilter', 'dBias', 'sums'],
  dropout: ['size', 'keep', 'state', 'x', 'y', 'mask'],
  multiply: ['size', 'a', 'b', 'y'],
  meanSquaredError: loss,
  globalMaxGradient: maxPoolGradient,
} as const;

const floats: ReadonlySet<string> = new Set([
  'rate',
  'keep',
  'epsilon',
  'decay',
  'momentum',
  'beta1',
  'beta2',
  'share1',
  'share2',
]);

type Layouts = typeof layouts;

export type OperationName = keyof Layouts;

/** Values of the fields of an operation. */
export type Fields<Name extends OperationName> = Readonly<Record<Layouts[Name][number], number>>;

/** Height and width of images, window, strides and padding, as `ConvGeometry` of the module has them. */
export type Window = Readonly<Record<(typeof window)[number], number>>;

export interface Operation {
  readonly name: OperationName;
  readonly fields: Record<string, number>;
}

const names = Object.keys(layouts) as OperationName[];
const headWords = 2;

/** Four-byte words that the operations take. */
export function encodedWords(operations: readonly Operation[]): number {
  return operations.reduce((sum, { name }) => sum + headWords + layouts[name].length, 0);
}

/** The table of the operations. */
export function encode(operations: readonly Operation[]): Int32Array {
  const table = new Int32Array(encodedWords(operations));
  const asFloats = new Float32Array(table.buffer);
  let at = 0;
  for (const { name, fields } of operations) {
    const layout: readonly string[] = layouts[name];
    table[at] = names.indexOf(name);
    table[at + 1] = (headWords + layout.length) * Int32Array.BYTES_PER_ELEMENT;
    at += headWords;
    for (const field of layout) {
      const value = fields[field];
      if (value === undefined) throw new TypeError(`operation ${name} lacks its field ${field}`);
      if (floats.has(field)) asFloats[at] = value;
      else table[at] = value;
      at++;
    }
  }
  return table;
}
