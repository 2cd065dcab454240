/**
 * Rows whose largest output is the label's, of `labels.length × classes` outputs, row-major. Of equal outputs the first
 * counts, and a row with a NaN is never right.
 */
export function countCorrect(outputs: ArrayLike<number>, labels: Int32Array): number {
  const classes = outputs.length / labels.length;
  let correct = 0;
  for (const [row, label] of labels.entries()) {
    const truth = outputs[row * classes + label] ?? Number.NaN;
    let right = true;
    for (let i = 0; i < classes && right; i++) {
      const other = outputs[row * classes + i] ?? Number.NaN;
      right = i < label ? truth > other : truth >= other;
    }
    if (right) correct++;
  }
  return correct;
}
