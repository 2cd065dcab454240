/**
 * Images kept as the rows of one PNG: row i holds the pixels of image i, row-major, colours interleaved, so that the
 * decoded bytes are NHWC as they stand.
 */

import { decode } from 'fast-png';
import { dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';

/**
 * Decodes `png` into `into`, which decides the expected size.
 * @param pixels pixels of one image: the width of the PNG
 * @throws StalewartError DATA naming `file` if it is no PNG, or not of the expected size and 8 bits per channel
 */
export function decodePngRows(
  png: Uint8Array,
  file: string,
  pixels: number,
  channels: number,
  into: Uint8Array,
): void {
  const mend = 'Run again: it is fetched anew';
  let image: ReturnType<typeof decode>;
  try {
    image = decode(png, { checkCrc: true });
  } catch (error) {
    throw dataError(file, `is not a readable PNG (${firstLineOf(error)})`, mend, error);
  }
  const images = into.length / (pixels * channels);
  const expected = `${pixels}×${images}, ${channels} channels of 8 bits`;
  const found = `${image.width}×${image.height}, ${image.channels} channels of ${image.depth} bits`;
  if (found !== expected) {
    throw dataError(file, `is ${found}, not ${expected}`, mend);
  }
  into.set(image.data);
}
