/** Gradient of a convolution by its filter and bias, in a plan. */
import { addFilterGradient, clearSums, storeFilterGradient } from '../filter-gradient';
import { ConvGeometry } from '../geometry';
import { inBytes, outBytes } from './convolution';

@unmanaged
export class FilterGradientOp extends ConvGeometry {
  x: usize;
  dy: usize;
  dFilter: usize;
  /** 0 for none. */
  dBias: usize;
  sums: usize;
  /** 0, or the most tiles in a block of Winograd's algorithm. */
  tiles: i32;
  scratch: usize;
}

export function filterGradient(op: FilterGradientOp, groups: i32): void {
  clearSums(op, op.tiles, op.sums);
  let x = op.x;
  let dy = op.dy;
  for (let group = 0; group < groups; group++) {
    addFilterGradient(op, x, dy, op.tiles, op.sums, op.scratch);
    x += inBytes(op);
    dy += outBytes(op);
  }
  storeFilterGradient(op, op.tiles, op.sums, op.dFilter, op.dBias);
}
