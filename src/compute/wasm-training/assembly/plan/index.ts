/**
 * Carries out a plan: a table of operations, written by `src/compute/plan/`, each two i32 (code, bytes to the next) and
 * then its fields in the order of its class. Everything is an address in this module's own memory.
 */
import { packImages, LANES, GROUP } from '../batch-lanes';
import { batchNorm, batchNormGradient, BatchNormGradientOp, batchNormInference, BatchNormOp } from './batch-norm';
import {
  axisPlan,
  AxisPlanOp,
  convolution,
  convolutionInputGradient,
  ConvolutionInputGradientOp,
  ConvolutionOp,
} from './convolution';
import { depthwise, depthwiseInputGradient, DepthwiseInputGradientOp, DepthwiseOp } from './depthwise';
import { depthwiseFilterGradient, DepthwiseFilterGradientOp } from './depthwise-gradient';
import { dropout, DropoutOp, multiply, MultiplyOp } from './dropout';
import { dense, denseGradient, DenseGradientOp, denseInputGradient, DenseInputGradientOp, DenseOp } from './dense';
import { activation, activationGradient, ActivationGradientOp, ActivationOp, add, AddOp, copy, CopyOp } from './elementwise';
import { filterGradient, FilterGradientOp } from './filter-gradient';
import { globalMaxGradient } from './global-max';
import { crossEntropy, LossOp, meanSquaredError } from './loss';
import { adam, AdamOp, adamPowers, AdamPowersOp, momentum, MomentumOp, sgd, SgdOp } from './optimizers';
import {
  averagePool,
  averagePoolGradient,
  AveragePoolGradientOp,
  AveragePoolOp,
  maxPool,
  maxPoolGradient,
  MaxPoolGradientOp,
  MaxPoolOp,
} from './pooling';

@unmanaged
class PackOp {
  size: i32;
  /** [images][size] */
  from: usize;
  /** [groups][size][8] */
  to: usize;
}

function pack(op: PackOp, images: i32): void {
  const groupBytes = <usize>op.size * GROUP;
  const imageBytes = (<usize>op.size) << 2;
  for (let first = 0; first < images; first += LANES) {
    const group = <usize>(first / LANES);
    packImages(op.from + <usize>first * imageBytes, op.to + group * groupBytes, min(LANES, images - first), op.size);
  }
}

/** First byte that no constant of this module takes. */
export function firstFree(): usize {
  return __heap_base;
}

/**
 * Carries out the operations from `at` up to `end`.
 *
 * @param images of the batch: the plan's or fewer
 */
export function run(at: usize, end: usize, images: i32): void {
  const groups = (images + LANES - 1) / LANES;
  while (at < end) {
    const op = at + 8;
    switch (load<i32>(at)) {
      case 0:
        axisPlan(changetype<AxisPlanOp>(op));
        break;
      case 1:
        pack(changetype<PackOp>(op), images);
        break;
      case 2:
        convolution(changetype<ConvolutionOp>(op), groups);
        break;
      case 3:
        convolutionInputGradient(changetype<ConvolutionInputGradientOp>(op), groups);
        break;
      case 4:
        filterGradient(changetype<FilterGradientOp>(op), groups);
        break;
      case 5:
        dense(changetype<DenseOp>(op), groups);
        break;
      case 6:
        denseInputGradient(changetype<DenseInputGradientOp>(op), groups);
        break;
      case 7:
        denseGradient(changetype<DenseGradientOp>(op), images);
        break;
      case 8:
        maxPool(changetype<MaxPoolOp>(op), groups);
        break;
      case 9:
        maxPoolGradient(changetype<MaxPoolGradientOp>(op), groups);
        break;
      case 10:
        activationGradient(changetype<ActivationGradientOp>(op), groups);
        break;
      case 11:
        crossEntropy(changetype<LossOp>(op), images);
        break;
      case 12:
        sgd(changetype<SgdOp>(op));
        break;
      case 13:
        activation(changetype<ActivationOp>(op), groups);
        break;
      case 14:
        add(changetype<AddOp>(op), groups);
        break;
      case 15:
        copy(changetype<CopyOp>(op), groups);
        break;
      case 16:
        averagePool(changetype<AveragePoolOp>(op), groups);
        break;
      case 17:
        averagePoolGradient(changetype<AveragePoolGradientOp>(op), groups);
        break;
      case 18:
        batchNorm(changetype<BatchNormOp>(op), images);
        break;
      case 19:
        batchNormInference(changetype<BatchNormOp>(op), groups);
        break;
      case 20:
        batchNormGradient(changetype<BatchNormGradientOp>(op), images);
        break;
      case 21:
        momentum(changetype<MomentumOp>(op));
        break;
      case 22:
        adam(changetype<AdamOp>(op));
        break;
      case 23:
        adamPowers(changetype<AdamPowersOp>(op));
        break;
      case 24:
        depthwise(changetype<DepthwiseOp>(op), groups);
        break;
      case 25:
        depthwiseInputGradient(changetype<DepthwiseInputGradientOp>(op), groups);
        break;
      case 26:
        depthwiseFilterGradient(changetype<DepthwiseFilterGradientOp>(op), groups);
        break;
      case 27:
        dropout(changetype<DropoutOp>(op), images);
        break;
      case 28:
        multiply(changetype<MultiplyOp>(op), groups);
        break;
      case 29:
        meanSquaredError(changetype<LossOp>(op), images);
        break;
      case 30:
        globalMaxGradient(changetype<MaxPoolGradientOp>(op), groups);
        break;
      default:
        unreachable();
    }
    at += <usize>load<i32>(at, 4);
  }
}
