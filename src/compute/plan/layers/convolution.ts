/**
 * What all convolutions have in common, whichever operations compute them: one forward, whose output an activation may end,
 * and two backward, for the filter with its bias and for the input, each only where it is trained.
 */
import type { Fields, Operation, Window } from '../operations.js';
import { type Activation, type PlanBuilder, type Tensor, type Weight } from '../plan-builder.js';

export interface Convolution {
  readonly x: Tensor;
  readonly g: Window;
  readonly filter: Weight;
  readonly bias: Weight | null;
  readonly activation: Activation | 'linear';
}

/** Writes each operation of one kind of convolution, given the fields that all kinds have. */
export interface ConvolutionOperations {
  readonly forward: (fields: Fields<'depthwise'>) => Operation;
  readonly filterGradient: (fields: Omit<Fields<'depthwiseFilterGradient'>, 'sums'>) => void;
  readonly inputGradient: (fields: Fields<'depthwiseInputGradient'>) => void;
}

/** Writes the operations of a convolution, forward and backward. */
export function writeConvolution(
  builder: PlanBuilder,
  { x, g, filter, bias, activation }: Convolution,
  operations: ConvolutionOperations,
): Tensor {
  x.value.uses++;
  const shape = [g.outHeight, g.outWidth, g.outChannels];
  const y = builder.tensor(shape, x.value.trained || filter.trainable, (address) => [
    operations.forward({
      ...g,
      x: x.value.address,
      filter: filter.address,
      bias: bias?.address ?? 0,
      y: address,
      relu: 0,
      ...axisPlans(builder, g, 'output'),
    }),
  ]);
  if (activation !== 'linear') builder.activateInPlace(y.value, activation);

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    if (filter.trainable) {
      const dBias = bias?.gradient ?? 0;
      operations.filterGradient({ ...g, x: x.value.address, dy, dFilter: filter.gradient, dBias });
    }
    builder.contribute(x.value, (dx) =>
      operations.inputGradient({
        ...g,
        dy,
        filter: filter.address,
        dx,
        ...axisPlans(builder, g, 'input'),
      }),
    );
  });
  return y;
}

/** Tables of which taps reach inside, for every row and column of the output, or of the input going backward. */
function axisPlans(
  builder: PlanBuilder,
  g: Window,
  of: 'output' | 'input',
): { readonly rowPlan: number; readonly columnPlan: number } {
  const plan = (
    [out, inside]: readonly [number, number],
    taps: number,
    stride: number,
    dilation: number,
    pad: number,
  ): number => {
    const wordsPerEntry = 3;
    const forward = of === 'output';
    const destinationSize = forward ? out : inside;
    const address = builder.allocate(destinationSize * wordsPerEntry);
    builder.prepareWith('axisPlan', {
      plan: address,
      destinationSize,
      sourceSize: forward ? inside : out,
      taps,
      multiplier: forward ? stride : 1,
      offset: forward ? pad : (taps - 1) * dilation - pad,
      dilation,
      divisor: forward ? 1 : stride,
    });
    return address;
  };
  return {
    rowPlan: plan([g.outHeight, g.inHeight], g.filterHeight, g.strideHeight, g.dilationHeight, g.padTop),
    columnPlan: plan([g.outWidth, g.inWidth], g.filterWidth, g.strideWidth, g.dilationWidth, g.padLeft),
  };
}
