/** Writes a cache file, whole or not at all. */

import { open, type FileHandle } from 'node:fs/promises';
import {
  absolute,
  magic,
  pieceBytes,
  preambleBytes,
  roundUp,
  sectionNames,
  sha256,
  version,
  type CacheDescription,
  type CachedArrays,
  type Header,
} from './cache-format.js';
import { writeWhole } from './partial-file.js';

/**
 * Writes `name` in `folder`, whole or not at all.
 * @returns the path of the file
 */
export async function writeCacheFile(
  folder: string,
  name: string,
  description: CacheDescription,
  arrays: CachedArrays,
  onBytes: (done: number, total: number) => void = () => {},
  signal?: AbortSignal,
): Promise<string> {
  const { preamble, sections, total } = layOut(description, arrays);
  return writeWhole(folder, name, async (partial) => {
    const file = await open(partial, 'wx');
    try {
      await writeAll(file, preamble, 0);
      for (const section of sectionNames) {
        const bytes = arrays[section];
        for (let start = 0; start < bytes.length; start += pieceBytes) {
          signal?.throwIfAborted();
          const piece = bytes.subarray(start, start + pieceBytes);
          const position = sections[section].offset + start;
          await writeAll(file, piece, position);
          onBytes(position + piece.length, total);
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/** Offsets depend on the header's length and the header holds the offsets: they are counted from the first section. */
function layOut(description: CacheDescription, arrays: CachedArrays) {
  let end = 0;
  const place = (bytes: Uint8Array) => {
    const offset = roundUp(end);
    end = offset + bytes.length;
    return { offset, bytes: bytes.length, sha256: sha256(bytes).toString('hex') };
  };
  const relative = {
    trainInputs: place(arrays.trainInputs),
    trainLabels: place(arrays.trainLabels),
    testInputs: place(arrays.testInputs),
    testLabels: place(arrays.testLabels),
  };
  const header = Buffer.from(JSON.stringify({ ...description, sections: relative } satisfies Header), 'utf8');
  const preamble = Buffer.alloc(preambleBytes);
  magic.copy(preamble, 0);
  preamble.writeUInt32LE(version, 8);
  preamble.writeUInt32LE(header.length, 12);
  sha256(header).copy(preamble, 16);
  return {
    preamble: Buffer.concat([preamble, header]),
    sections: absolute(relative, header.length),
    total: roundUp(preambleBytes + header.length) + end,
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
