/**
 * Gradient of the maximum over the whole image. Unlike that of max pooling over windows, TensorFlow.js gives it to every pixel
 * that equals the maximum, not to the first alone.
 */
import { GROUP } from '../batch-lanes';
import { MaxPoolGradientOp } from './pooling';

export function globalMaxGradient(op: MaxPoolGradientOp, groups: i32): void {
  const pixel = <usize>op.inChannels * GROUP;
  const image = <usize>(op.inHeight * op.inWidth) * pixel;
  const least = f32x4.splat(op.relu != 0 ? 0 : -Infinity);
  for (let group: usize = 0; group < <usize>groups; group++) {
    const x = op.x + group * image;
    const dx = op.dx + group * image;
    for (let at: usize = 0; at < pixel; at += 16) {
      const best = v128.load(op.y + group * pixel + at);
      const share = v128.and(v128.load(op.dy + group * pixel + at), f32x4.gt(best, least));
      for (let i = at; i < image; i += pixel) {
        v128.store(dx + i, v128.and(share, f32x4.eq(v128.load(x + i), best)));
      }
    }
  }
}
