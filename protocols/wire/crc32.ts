/**
 * CRC-32 as in zlib, gzip and Ethernet (reflected polynomial 0xEDB88320, initial value and final xor 0xFFFFFFFF), which
 * nearly every language has in its standard library. Sixteen bytes a turn: "slicing-by-16" after Kounavis and Berry,
 * "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation" (2008).
 */
import { hostIsLittleEndian } from './float32-bytes.js';

/** Checksum of some bytes; `previous` continues an earlier one: `f(b, f(a))` is `f(a followed by b)`. Default 0. */
export type Checksum = (bytes: Uint8Array, previous?: number) => number;

const rowLength = 256;

/** Row k of 256: what a byte does to the checksum when k zero bytes follow it. */
function makeTable(rows: number): Int32Array {
  const table = new Int32Array(rows * rowLength);
  for (let byte = 0; byte < rowLength; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[byte] = crc;
  }
  for (let at = rowLength; at < table.length; at++) {
    const before = table[at - rowLength] ?? 0;
    table[at] = (before >>> 8) ^ (table[before & 255] ?? 0);
  }
  return table;
}

const table = makeTable(16);

/** The checksum in plain JavaScript. */
export const crc32: Checksum = (bytes, previous = 0) => {
  const { start, words } = alignedWords(bytes);
  let crc = ~previous;
  for (let at = 0; at < start; at++) crc = addByte(crc, bytes[at] ?? 0);
  for (let at = 0; at < words.length; at += 4) {
    const a = crc ^ (words[at] ?? 0);
    const b = words[at + 1] ?? 0;
    const c = words[at + 2] ?? 0;
    const d = words[at + 3] ?? 0;
    crc = addWord(12, a) ^ addWord(8, b) ^ addWord(4, c) ^ addWord(0, d);
  }
  for (let at = start + words.byteLength; at < bytes.length; at++) crc = addByte(crc, bytes[at] ?? 0);
  return ~crc >>> 0;
};

function addByte(crc: number, byte: number): number {
  return (crc >>> 8) ^ (table[(crc ^ byte) & 255] ?? 0);
}

/** What four bytes (the lowest first) do when `row` bytes of the turn follow them. */
function addWord(row: number, word: number): number {
  const at = row * rowLength;
  return (
    (table[at + 3 * rowLength + (word & 255)] ?? 0) ^
    (table[at + 2 * rowLength + ((word >>> 8) & 255)] ?? 0) ^
    (table[at + rowLength + ((word >>> 16) & 255)] ?? 0) ^
    (table[at + (word >>> 24)] ?? 0)
  );
}

/** The longest stretch that can be read as words, four at a time; none where the machine's byte order differs. */
function alignedWords(bytes: Uint8Array): { start: number; words: Int32Array } {
  const start = Math.min((4 - (bytes.byteOffset % 4)) % 4, bytes.length);
  const turns = hostIsLittleEndian ? Math.floor((bytes.length - start) / 16) : 0;
  if (turns === 0) return { start: 0, words: new Int32Array(0) };
  return { start, words: new Int32Array(bytes.buffer, bytes.byteOffset + start, turns * 4) };
}
