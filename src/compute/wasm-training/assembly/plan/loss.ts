/**
 * Losses on the model's outputs in the batch-lanes layout, in double precision. Where the model ends in a softmax, the loss
 * does that too, and its gradient is that of the logits.
 *
 * - Softmax cross-entropy, as `cross-entropy.ts` has it: log Σ exp(z − max z) − (z_label − max z). Of a softmax's
 *   probabilities it is −log max(p_label, 2⁻¹²⁶), with p rounded as the softmax gives it.
 * - Mean squared error: the mean over the classes of (output − one-hot label)².
 */
import { GROUP, LANES } from '../batch-lanes';

const SMALLEST_NORMAL: f64 = 1.1754943508222875e-38; // 2⁻¹²⁶

@unmanaged
export class LossOp {
  classes: i32;
  /** Whether the outputs still have to go through a softmax. */
  softmax: i32;
  /** [groups][classes][8] */
  outputs: usize;
  /** i32 per image. */
  labels: usize;
  /** Gradient of the mean over the images, of the outputs' shape; 0 for none. Lanes without an image get 0. */
  gradient: usize;
  /** Two f64: sum of the losses, and the number of images whose largest output is the label's. */
  result: usize;
}

export function crossEntropy(op: LossOp, images: i32): void {
  const classes = <usize>op.classes;
  clearLastGroup(op, images);
  let sum: f64 = 0;
  for (let image: usize = 0; image < <usize>images; image++) {
    const at = placeOf(image, classes);
    const z = op.outputs + at;
    const label = <usize>load<i32>(op.labels + (image << 2));
    const largest = largestOf(z, classes);
    const total = sumOfExponentials(z, classes, largest);
    const truth = <f64>load<f32>(z + label * GROUP) - largest;
    let share: f64 = 1;
    if (op.softmax != 0) {
      const p = <f64>(<f32>(Math.exp(truth) / total));
      const bounded = max(p, SMALLEST_NORMAL); // NaN stays NaN
      sum -= Math.log(bounded);
      share = p / bounded;
    } else {
      sum += Math.log(total) - truth;
    }
    if (op.gradient == 0) continue;
    const scale = share / <f64>images;
    for (let i: usize = 0; i < classes; i++) {
      const p = Math.exp(<f64>load<f32>(z + i * GROUP) - largest) / total;
      store<f32>(op.gradient + at + i * GROUP, <f32>((p - (i == label ? 1 : 0)) * scale));
    }
  }
  store<f64>(op.result, sum);
  store<f64>(op.result, countCorrect(op, images), 8);
}

export function meanSquaredError(op: LossOp, images: i32): void {
  const classes = <usize>op.classes;
  const scale: f64 = 2 / (<f64>images * <f64>classes);
  clearLastGroup(op, images);
  let sum: f64 = 0;
  for (let image: usize = 0; image < <usize>images; image++) {
    const at = placeOf(image, classes);
    const z = op.outputs + at;
    const label = <usize>load<i32>(op.labels + (image << 2));
    let largest: f64 = 0;
    let total: f64 = 1;
    if (op.softmax != 0) {
      largest = largestOf(z, classes);
      total = sumOfExponentials(z, classes, largest);
    }
    let ofSquares: f64 = 0;
    let ofProducts: f64 = 0;
    for (let i: usize = 0; i < classes; i++) {
      const output = outputOf(op, z + i * GROUP, largest, total);
      const error = output - (i == label ? 1 : 0);
      ofSquares += error * error;
      ofProducts += error * output;
    }
    sum += ofSquares / <f64>classes;
    if (op.gradient == 0) continue;
    for (let i: usize = 0; i < classes; i++) {
      const output = outputOf(op, z + i * GROUP, largest, total);
      let gradient = output - (i == label ? 1 : 0);
      if (op.softmax != 0) gradient = output * (gradient - ofProducts);
      store<f32>(op.gradient + at + i * GROUP, <f32>(gradient * scale));
    }
  }
  store<f64>(op.result, sum);
  store<f64>(op.result, countCorrect(op, images), 8);
}

@inline
function outputOf(op: LossOp, z: usize, largest: f64, total: f64): f64 {
  const value = <f64>load<f32>(z);
  return op.softmax != 0 ? Math.exp(value - largest) / total : value;
}

@inline
function placeOf(image: usize, classes: usize): usize {
  return (image >> 3) * classes * GROUP + ((image & 7) << 2);
}

function largestOf(z: usize, classes: usize): f64 {
  let largest: f64 = -Infinity;
  for (let i: usize = 0; i < classes; i++) largest = max(largest, <f64>load<f32>(z + i * GROUP));
  return largest;
}

function sumOfExponentials(z: usize, classes: usize, largest: f64): f64 {
  let total: f64 = 0;
  for (let i: usize = 0; i < classes; i++) total += Math.exp(<f64>load<f32>(z + i * GROUP) - largest);
  return total;
}

function clearLastGroup(op: LossOp, images: i32): void {
  if (op.gradient == 0) return;
  const groupBytes = <usize>op.classes * GROUP;
  memory.fill(op.gradient + <usize>((images - 1) / LANES) * groupBytes, 0, groupBytes);
}

/** Of an evaluation. A step, which has a gradient, counts nothing. */
function countCorrect(op: LossOp, images: i32): f64 {
  if (op.gradient != 0) return 0;
  const classes = <usize>op.classes;
  let correct = 0;
  for (let image: usize = 0; image < <usize>images; image++) {
    const z = op.outputs + placeOf(image, classes);
    // A softmax of an infinite output is NaN altogether.
    if (op.softmax != 0 && largestOf(z, classes) == Infinity) continue;
    if (isLargest(z, classes, <usize>load<i32>(op.labels + (image << 2)))) correct++;
  }
  return <f64>correct;
}

/** Of equal outputs the first counts, and an image with a NaN is never right. */
function isLargest(z: usize, classes: usize, label: usize): bool {
  const truth = load<f32>(z + label * GROUP);
  for (let i: usize = 0; i < classes; i++) {
    const other = load<f32>(z + i * GROUP);
    if (!(i < label ? truth > other : truth >= other)) return false;
  }
  return true;
}
