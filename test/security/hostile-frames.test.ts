/**
 * Bytes from a stranger: random ones, and valid frames and chunks that were mutated, for server and workers. Each is refused
 * and named or is a valid message; nothing is thrown, and what is held stays bounded.
 */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { splitFrame } from '../../protocols/wire/chunks.js';
import { defaultFrameLimits, encodeFrame } from '../../protocols/wire/frame.js';
import { createReceiver } from '../../protocols/wire/receiver.js';
import { integerBelow, seededRandom } from '../../src/random/seeded-random.js';
import { arbitraryMessage } from '../protocols/wire/messages-for-tests.js';

const random = seededRandom(11, 'hostile');
/** 0 where there is nothing to choose from. */
const below = (count: number): number => (count <= 1 ? 0 : integerBelow(random, count));

const subjects = ['stalewart.run-1.server.w1.0', 'stalewart.run-1.worker.w1.0'];
const limits = { ...defaultFrameLimits, maxTensorElements: 1000 };

/** Valid frames and chunks of every type. */
function validPieces(): Uint8Array[] {
  const frames = fc
    .sample(arbitraryMessage, { numRuns: 400, seed: 7 })
    .map((message) => encodeFrame(message));
  const sender = new Uint8Array(8).fill(3);
  const chunks = frames.flatMap((frame, sequence) => [
    ...splitFrame(frame, { maxBytes: 128, sender, sequence }),
  ]);
  return [...frames, ...chunks];
}

describe('hostile frames', () => {
  it('are refused and named one by one, and leave nothing behind (100,000 of them)', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const pieces = validPieces();
    let now = 0;
    const receiver = createReceiver({ limits });
    let delivered = 0;
    let named = 0;
    let unheard = 0;
    const heaps: number[] = [];
    for (let count = 1; count <= 100_000; count++) {
      const { message, refused } = receiver.accept(subjects[below(2)] ?? '', hostile(pieces), (now += 0.01));
      if (message !== null) delivered += 1;
      else if (refused.length > 0) named += 1;
      else unheard += 1;
      for (const line of refused) assert.doesNotMatch(line, /\n/);
      if (count % 1000 === 0) receiver.expire(now - 30);
      if (count % 20_000 !== 0) continue;
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      heaps.push(heapUsed + arrayBuffers);
    }
    // What is neither is a chunk of a frame that is not whole, or one that came before.
    assert.ok(named > 50_000, `${named} named`);
    assert.ok(unheard < 25_000, `${unheard} unheard`);
    assert.ok(delivered < 25_000, `${delivered} delivered`);
    const grown = ((heaps.at(-1) ?? 0) - (heaps[0] ?? 0)) / 2 ** 20;
    assert.ok(grown < 4, `grew by ${grown.toFixed(1)} MiB over 80,000 frames`);
    assert.ok(receiver.parts <= 8);
  });

  it('take no memory for what they only announce', () => {
    const receiver = createReceiver({ limits });
    const [first] = splitFrame(new Uint8Array(2 ** 20), {
      maxBytes: 1024,
      sender: new Uint8Array(8),
      sequence: 1,
    });
    assert.ok(first);
    const { refused } = receiver.accept(subjects[0] ?? '', first, 0);
    assert.match(refused[0] ?? '', /a frame of 1048576 bytes: at most \d+ are allowed/);
    assert.equal(receiver.parts, 0);
  });
});

function hostile(pieces: readonly Uint8Array[]): Uint8Array {
  const piece = pieces[below(pieces.length)] ?? new Uint8Array(0);
  switch (below(8)) {
    case 0:
      return Uint8Array.from({ length: below(2000) }, () => below(256));
    case 1: // truncated
      return piece.subarray(0, below(piece.length));
    case 2: {
      // too long
      const longer = new Uint8Array(piece.length + 1 + below(64));
      longer.set(piece);
      return longer;
    }
    case 3: {
      // the start of one, the end of another
      const other = pieces[below(pieces.length)] ?? piece;
      const mixed = piece.slice();
      mixed.set(other.subarray(0, below(Math.min(other.length, mixed.length))));
      return mixed;
    }
    case 4: // valid, perhaps on the wrong subject
      return piece;
    default: {
      const mutated = piece.slice();
      for (let flips = 1 + below(4); flips > 0; flips--) {
        const at = below(mutated.length);
        mutated[at] = (mutated[at] ?? 0) ^ (1 << below(8));
      }
      return mutated;
    }
  }
}
