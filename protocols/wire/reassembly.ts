/**
 * Puts chunks back together, in any order, with repetitions. Invariant: what is held is bounded by the limits whatever
 * arrives, a frame comes out at most once, and every frame given up is named. Time is a number that the caller passes.
 */
import { type Allocate, freshMemory } from './allocate.js';
import type { Chunk } from './chunks.js';

export interface ReassemblyLimits {
  /** Longest frame, in bytes. */
  readonly maxFrameBytes: number;
  /** Unfinished frames on one subject; one more displaces the oldest. Default 4. */
  readonly maxPartsPerSubject: number;
  /** Unfinished frames in all; one more is refused. Default 1,024. */
  readonly maxParts: number;
  /** Bytes of unfinished frames in all; what would exceed them is refused. Default: four frames of the longest kind. */
  readonly maxBytes: number;
}

export const defaultReassemblyLimits = (maxFrameBytes: number): ReassemblyLimits => ({
  maxFrameBytes,
  maxPartsPerSubject: 4,
  maxParts: 1024,
  maxBytes: 4 * maxFrameBytes,
});

/** `complete` hands over the frame; `refused` and every entry of `torn` say why something is not delivered. */
export type ReassemblyResult = { readonly torn: readonly string[] } & (
  | { readonly type: 'complete'; readonly frame: Uint8Array }
  | { readonly type: 'partial' }
  | { readonly type: 'duplicate' }
  | { readonly type: 'refused'; readonly reason: string }
);

export interface Reassembly {
  /** @param now the caller's time, in its own unit, for `expire` */
  accept(subject: string, chunk: Chunk, now: number): ReassemblyResult;
  /** Gives up the frames of which nothing was heard since `before`; returns why, one line each. */
  expire(before: number): readonly TornFrame[];
  /** Unfinished frames. */
  readonly parts: number;
}

export interface TornFrame {
  readonly subject: string;
  readonly reason: string;
}

interface Part {
  readonly key: string;
  readonly subject: string;
  readonly count: number;
  readonly frame: Uint8Array;
  readonly arrived: Uint8Array;
  missing: number;
  lastHeard: number;
}

type Opened =
  | { readonly part: Part; readonly torn: readonly string[] }
  | { readonly part: null; readonly reason: string; readonly torn: readonly string[] };

/** Frames remembered after completion, so that their late duplicates are known as such. */
const rememberedFrames = 1024;

/** @param allocate where frames are put together. Default: fresh memory. */
export function createReassembly(limits: ReassemblyLimits, allocate: Allocate = freshMemory): Reassembly {
  /** In the order in which they began. */
  const parts = new Map<string, Part>();
  const finished = new Set<string>();
  let heldBytes = 0;

  const drop = (part: Part): void => {
    parts.delete(part.key);
    heldBytes -= part.frame.length;
  };

  const remember = (key: string): void => {
    finished.add(key);
    if (finished.size <= rememberedFrames) return;
    for (const oldest of finished) {
      finished.delete(oldest);
      return;
    }
  };

  /** Makes room on the subject for one more, by its own oldest: nobody else's frames suffer for it. */
  const displace = (subject: string): string[] => {
    const own = [...parts.values()].filter((part) => part.subject === subject);
    const surplus = own.slice(0, Math.max(0, own.length + 1 - limits.maxPartsPerSubject));
    for (const part of surplus) drop(part);
    return surplus.map((part) => tornReason(part, 'newer ones took its place'));
  };

  const open = (key: string, subject: string, chunk: Chunk): Opened => {
    const { totalBytes } = chunk;
    if (totalBytes > limits.maxFrameBytes) {
      const reason = `a frame of ${totalBytes} bytes: at most ${limits.maxFrameBytes} are allowed`;
      return { part: null, reason, torn: [] };
    }
    const torn = displace(subject);
    if (parts.size >= limits.maxParts) {
      return { part: null, reason: `${parts.size} frames are unfinished already`, torn };
    }
    if (heldBytes + totalBytes > limits.maxBytes) {
      const reason = `${heldBytes} bytes of unfinished frames: ${totalBytes} more would exceed ${limits.maxBytes}`;
      return { part: null, reason, torn };
    }
    const part = begin(key, subject, chunk, allocate);
    if (part === null) return { part, reason: `no memory for a frame of ${totalBytes} bytes`, torn };
    parts.set(key, part);
    heldBytes += totalBytes;
    return { part, torn };
  };

  return {
    get parts() {
      return parts.size;
    },

    accept(subject, chunk, now) {
      const key = `${subject} ${chunk.id}`;
      if (finished.has(key)) return { type: 'duplicate', torn: [] };
      const known = parts.get(key);
      const opened: Opened = known === undefined ? open(key, subject, chunk) : { part: known, torn: [] };
      const { part, torn } = opened;
      if (part === null) return { type: 'refused', reason: opened.reason, torn };
      if (part.count !== chunk.count || part.frame.length !== chunk.totalBytes) {
        return { type: 'refused', reason: 'a chunk contradicts the earlier chunks of its frame', torn };
      }
      part.lastHeard = now;
      if (part.arrived[chunk.index] === 1) return { type: 'duplicate', torn };
      part.arrived[chunk.index] = 1;
      part.frame.set(chunk.data, chunk.offset);
      part.missing -= 1;
      if (part.missing > 0) return { type: 'partial', torn };
      drop(part);
      remember(key);
      return { type: 'complete', frame: part.frame, torn };
    },

    expire(before) {
      const old = [...parts.values()].filter((part) => part.lastHeard < before);
      for (const part of old) drop(part);
      return old.map((part) => ({ subject: part.subject, reason: tornReason(part, 'the rest never came') }));
    },
  };
}

function begin(key: string, subject: string, chunk: Chunk, allocate: Allocate): Part | null {
  try {
    return {
      key,
      subject,
      count: chunk.count,
      frame: allocate(chunk.totalBytes),
      arrived: new Uint8Array(chunk.count),
      missing: chunk.count,
      lastHeard: 0,
    };
  } catch {
    return null;
  }
}

function tornReason(part: Part, why: string): string {
  return `a frame of ${part.frame.length} bytes is torn: ${part.count - part.missing} of ${part.count} chunks arrived, ${why}`;
}
