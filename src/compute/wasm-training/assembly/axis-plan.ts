/**
 * Which filter taps reach inside the source, along one axis. Tap k of destination position i reads source position
 * (i·multiplier − offset + k·dilation) / divisor where that is whole and inside. A convolution has the stride as its
 * multiplier; its gradient by the input, with the filter flipped, has the stride as its divisor. The taps that reach are
 * equally spaced, so an entry is three i32: first tap, number of taps, source position of the first.
 */

export const ENTRY_BYTES: usize = 12;

function greatestCommonDivisor(a: i32, b: i32): i32 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/** Distance between the taps of one entry. */
export function tapStep(dilation: i32, divisor: i32): i32 {
  return divisor / greatestCommonDivisor(dilation, divisor);
}

/** Distance between the source positions of one entry. */
export function sourceStep(dilation: i32, divisor: i32): i32 {
  return dilation / greatestCommonDivisor(dilation, divisor);
}

/** Writes one entry for each destination position. */
export function planAxis(
  plan: usize,
  destinationSize: i32,
  sourceSize: i32,
  taps: i32,
  multiplier: i32,
  offset: i32,
  dilation: i32,
  divisor: i32,
): void {
  for (let i = 0; i < destinationSize; i++) {
    let first = 0;
    let count = 0;
    let source = 0;
    for (let tap = 0; tap < taps; tap++) {
      const position = i * multiplier - offset + tap * dilation;
      if (position < 0 || position % divisor != 0) continue;
      if (position / divisor >= sourceSize) break;
      if (count == 0) {
        first = tap;
        source = position / divisor;
      }
      count++;
    }
    store<i32>(plan, first);
    store<i32>(plan, count, 4);
    store<i32>(plan, source, 8);
    plan += ENTRY_BYTES;
  }
}
