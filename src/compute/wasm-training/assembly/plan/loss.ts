/**
 * Softmax cross-entropy on logits in the batch-lanes layout, in double precision, as `cross-entropy.ts` has it:
 * log Σ exp(z − max z) − (z_label − max z).
 */
import { GROUP, LANES } from '../batch-lanes';

@unmanaged
export class CrossEntropyOp {
  classes: i32;
  /** [groups][classes][8] */
  logits: usize;
  /** i32 per image. */
  labels: usize;
  /** Gradient of the mean over the images, of the logits' shape; 0 for none. Lanes without an image get 0. */
  gradient: usize;
  /** Two f64: sum of the losses, and the number of images whose largest logit is the label's. */
  result: usize;
}

export function crossEntropy(op: CrossEntropyOp, images: i32): void {
  const classes = <usize>op.classes;
  const scale: f64 = 1 / <f64>images;
  const groups = <usize>((images + LANES - 1) / LANES);
  if (op.gradient != 0) {
    const groupBytes = classes * GROUP;
    memory.fill(op.gradient + (groups - 1) * groupBytes, 0, groupBytes);
  }
  let sum: f64 = 0;
  let correct = 0;
  for (let image: usize = 0; image < <usize>images; image++) {
    const at = (image >> 3) * classes * GROUP + ((image & 7) << 2);
    const z = op.logits + at;
    const label = <usize>load<i32>(op.labels + (image << 2));
    const truth = <f64>load<f32>(z + label * GROUP);
    let largest: f64 = -Infinity;
    for (let i: usize = 0; i < classes; i++) largest = max(largest, <f64>load<f32>(z + i * GROUP));
    let total: f64 = 0;
    for (let i: usize = 0; i < classes; i++) total += Math.exp(<f64>load<f32>(z + i * GROUP) - largest);
    sum += Math.log(total) - (truth - largest);
    if (op.gradient != 0) {
      for (let i: usize = 0; i < classes; i++) {
        const p = Math.exp(<f64>load<f32>(z + i * GROUP) - largest) / total;
        store<f32>(op.gradient + at + i * GROUP, <f32>((p - (i == label ? 1 : 0)) * scale));
      }
    } else if (isLargest(z, classes, label)) {
      correct++;
    }
  }
  store<f64>(op.result, sum);
  store<f64>(op.result, <f64>correct, 8);
}

/** Of equal logits the first counts, and an image with a NaN is never right. */
function isLargest(z: usize, classes: usize, label: usize): bool {
  const truth = load<f32>(z + label * GROUP);
  for (let i: usize = 0; i < classes; i++) {
    const other = load<f32>(z + i * GROUP);
    if (!(i < label ? truth > other : truth >= other)) return false;
  }
  return true;
}
