/**
 * How a number of channels is cut into register tiles of at most four: never a tile of one beside a tile of four where
 * three and two do, because small tiles leave the arithmetic units idle.
 */

/** Width of the next tile when `remaining` channels are left: 1 … 4. */
export function tileWidth(remaining: i32): i32 {
  if (remaining == 5 || remaining == 6) return 3;
  return min(remaining, 4);
}
