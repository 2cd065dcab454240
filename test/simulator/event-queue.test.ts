import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { EventQueue, type Occurrence } from '../../src/simulator/event-queue.js';

interface Numbered extends Occurrence {
  readonly number: number;
}

function drain(queue: EventQueue<Numbered>): Numbered[] {
  const all: Numbered[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) all.push(next);
  return all;
}

/** Of one worker's: the earliest comes out. @returns the others */
function popFirst(queue: EventQueue<Numbered>, waiting: readonly Numbered[]): Numbered[] {
  const [first, ...others] = waiting.toSorted((a, b) => a.time - b.time || a.number - b.number);
  assert.deepEqual(queue.pop(), first);
  return others;
}

describe('event queue', () => {
  it('gives the earliest first; at one time workers by number, then deadlines, each in the order of their coming', () => {
    const time = fc.constantFrom(0, 1, 1.5, Infinity);
    const worker = fc.option(fc.nat(3));
    fc.assert(
      fc.property(fc.array(fc.record({ time, worker })), (occurrences) => {
        const queue = new EventQueue<Numbered>();
        const numbered = occurrences.map((occurrence, number) => ({ ...occurrence, number }));
        for (const item of numbered) queue.push(item);
        assert.equal(queue.length, numbered.length);
        const rank = ({ worker: of }: Numbered): number => of ?? 1000;
        const expected = numbered.toSorted(
          (a, b) => (a.time === b.time ? 0 : a.time - b.time) || rank(a) - rank(b) || a.number - b.number,
        );
        assert.deepEqual(queue.peek(), expected[0]);
        assert.deepEqual(drain(queue), expected);
      }),
    );
  });

  it('has what is of nobody in particular come in the order of its places, where it has any', () => {
    const places = fc.uniqueArray(fc.nat(50));
    fc.assert(
      fc.property(places, (numbers) => {
        const queue = new EventQueue<Numbered>();
        for (const number of numbers) queue.push({ time: 1, worker: null, number }, number);
        queue.push({ time: 0.5, worker: 3, number: -1 });
        const drained = drain(queue).map(({ number }) => number);
        assert.deepEqual(drained, [-1, ...numbers.toSorted((a, b) => a - b)]);
      }),
    );
  });

  it('keeps its order while things come and go', () => {
    const step = fc.oneof(fc.constant('pop' as const), fc.nat(5));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const queue = new EventQueue<Numbered>();
        let waiting: Numbered[] = [];
        for (const [number, what] of steps.entries()) {
          if (what === 'pop') {
            waiting = popFirst(queue, waiting);
          } else {
            const item = { time: what, worker: 0, number };
            queue.push(item);
            waiting.push(item);
          }
        }
      }),
    );
  });

  it('gives out nothing that has become void, and is not filled by it', () => {
    const step = fc.oneof(
      fc.constant('pop' as const),
      fc.record({ void: fc.nat(9) }),
      fc.record({ push: fc.nat(9) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600, size: 'max' }), (steps) => {
        const gone = new Set<number>();
        const queue = new EventQueue<Numbered>(({ number }) => gone.has(number));
        let waiting: Numbered[] = [];
        for (const [number, what] of steps.entries()) {
          if (what === 'pop') {
            waiting = popFirst(queue, waiting);
          } else if ('push' in what) {
            const item = { time: what.push, worker: 0, number };
            queue.push(item);
            waiting.push(item);
          } else {
            const item = waiting[what.void];
            if (item === undefined) continue;
            gone.add(item.number);
            waiting = waiting.filter((other) => other !== item);
            queue.hasVoid();
          }
          assert.ok(queue.length <= waiting.length + Math.max(64, waiting.length));
        }
      }),
    );
  });

  it('keeps no more of what is void than there is besides', () => {
    const gone = new Set<number>();
    const queue = new EventQueue<Numbered>(({ number }) => gone.has(number));
    for (let number = 0; number < 100; number += 1) queue.push({ time: 1000 - number, worker: 0, number });
    for (let number = 100; number < 10_000; number += 1) {
      queue.push({ time: 1000, worker: 0, number });
      gone.add(number);
      queue.hasVoid();
      assert.ok(queue.length <= 202, `${queue.length} in the queue, of which 100 will happen`);
    }
  });

  it('has no place for an event at no time', () => {
    assert.throws(() => new EventQueue().push({ time: NaN, worker: 0 }), RangeError);
  });
});
