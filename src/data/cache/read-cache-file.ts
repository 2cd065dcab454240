/** Reads a cache file straight into shared memory, and refuses one that is not exactly what was written. */

import { open, type FileHandle } from 'node:fs/promises';
import { codeOf, dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';
import {
  absolute,
  headerSchema,
  magic,
  pieceBytes,
  preambleBytes,
  sha256,
  version,
  type CacheDescription,
  type CachedArrays,
  type Header,
  type SectionName,
} from './cache-format.js';

/** Larger than any header that is written; keeps a damaged length from allocating memory. */
const maxHeaderBytes = 1 << 20;

const mend = 'Delete it and run again: it is made anew';

export interface ReadCacheOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether the arrays are held against their checksums, which takes most of the time; the header always is. Default: true. */
  readonly check?: boolean | undefined;
}

/**
 * Reads a cache file into shared memory.
 * @returns undefined if there is no such file
 * @throws StalewartError DATA if it is short, damaged or unreadable
 */
export async function readCacheFile(
  path: string,
  { signal, check = true }: ReadCacheOptions = {},
): Promise<{ description: CacheDescription; arrays: CachedArrays } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) {
      return undefined;
    }
    throw dataError(path, `cannot be read (${firstLineOf(error)})`, 'Make it readable, or delete it', error);
  }
  try {
    const { description, sections } = await readHeader(path, file);
    const read = async (name: SectionName) => {
      const bytes = await readExactly(path, file, sections[name].offset, sections[name].bytes, signal);
      if (check && sha256(bytes).toString('hex') !== sections[name].sha256) {
        throw dataError(path, `is damaged (the checksum of ${name} is wrong)`, mend);
      }
      return bytes;
    };
    const arrays = {
      trainInputs: await read('trainInputs'),
      trainLabels: await read('trainLabels'),
      testInputs: await read('testInputs'),
      testLabels: await read('testLabels'),
    };
    return { description, arrays };
  } finally {
    await file.close();
  }
}

async function readHeader(
  path: string,
  file: FileHandle,
): Promise<{ description: CacheDescription; sections: Header['sections'] }> {
  const preamble = Buffer.from((await readExactly(path, file, 0, preambleBytes)).buffer);
  if (!preamble.subarray(0, magic.length).equals(magic)) {
    throw dataError(path, 'is not a data cache file', mend);
  }
  if (preamble.readUInt32LE(8) !== version) {
    throw dataError(path, `has format version ${preamble.readUInt32LE(8)}, not ${version}`, mend);
  }
  const headerBytes = preamble.readUInt32LE(12);
  if (headerBytes > maxHeaderBytes) {
    throw dataError(path, 'is damaged (the header is too long)', mend);
  }
  const text = await readExactly(path, file, preambleBytes, headerBytes);
  if (!sha256(text).equals(preamble.subarray(16, preambleBytes))) {
    throw dataError(path, 'is damaged (the checksum of the header is wrong)', mend);
  }
  const { sections, ...description } = headerSchema.parse(JSON.parse(Buffer.from(text).toString('utf8')));
  return { description, sections: absolute(sections, headerBytes) };
}

async function readExactly(
  path: string,
  file: FileHandle,
  position: number,
  length: number,
  signal?: AbortSignal,
): Promise<Uint8Array<SharedArrayBuffer>> {
  const size = (await file.stat()).size;
  if (position + length > size) {
    throw dataError(path, `is too short (${size} bytes, needs at least ${position + length})`, mend);
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(length));
  let done = 0;
  while (done < length) {
    signal?.throwIfAborted();
    const wanted = Math.min(pieceBytes, length - done);
    const { bytesRead } = await file.read(bytes, done, wanted, position + done);
    if (bytesRead === 0) {
      throw dataError(path, `is too short (it ends at ${position + done})`, mend);
    }
    done += bytesRead;
  }
  return bytes;
}
