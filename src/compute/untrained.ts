/**
 * Weights that no gradient moves: the moving statistics of batch normalisation, frozen layers. They are averaged as they
 * are, not by their changes: several workers that start from one version each take a statistic most of the way to what it
 * tends to, and the sum of their steps would overshoot; variances became negative that way.
 */

/** First index, and the one after the last, in the flat vector. */
export type Range = readonly [number, number];

/** Where they lie; neighbours are one range. */
export function untrainedRanges(
  weights: readonly { readonly shape: readonly number[]; readonly trainable: boolean }[],
): readonly Range[] {
  const ranges: [number, number][] = [];
  let offset = 0;
  for (const { shape, trainable } of weights) {
    const end = offset + shape.reduce((size, length) => size * length, 1);
    const last = ranges.at(-1);
    if (!trainable && last?.[1] === offset) last[1] = end;
    else if (!trainable) ranges.push([offset, end]);
    offset = end;
  }
  return ranges;
}
