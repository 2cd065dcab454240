import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { allFinite, createParameterStore } from '../../src/compute/parameter-store.js';
import { storedIn } from '../../src/compute/stored-state.js';

describe('parameter store', () => {
  it('adds the scaled, weighted sum of the deltas, rounded once', () => {
    const floats = fc.float({ noNaN: true, min: -10, max: 10 });
    const parts = fc.array(fc.tuple(fc.double({ noNaN: true, min: 0, max: 2 }), fc.tuple(floats, floats)), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(
        parts,
        fc.double({ noNaN: true, min: 0, max: 1 }),
        floats,
        (contributions, scale, start) => {
          const store = createParameterStore(Float32Array.of(start, start));
          for (const [i, [, delta]] of contributions.entries())
            store.hold(`u${i}`, Float32Array.of(...delta));
          const ordered = contributions.map(([weight], i) => ({ updateId: `u${i}`, weight }));
          const after = store.commit({ version: 1, contributions: ordered, scale });
          for (const element of [0, 1] as const) {
            let sum = 0;
            for (const [weight, delta] of contributions) sum += weight * delta[element];
            assert.equal(after[element], Math.fround(start + sum * scale));
          }
        },
      ),
    );
  });

  it('takes the weighted mean of what no gradient moves, and keeps that from the optimiser', () => {
    const seen: number[][] = [];
    const store = createParameterStore(Float32Array.of(1, 1, 1, 1), {
      untrained: [
        [1, 2],
        [3, 4],
      ],
      optimizer: {
        apply(current, step, next) {
          seen.push([...step]);
          for (let i = 0; i < next.length; i++) next[i] = (current[i] ?? 0) + (step[i] ?? 0);
        },
        ...storedIn({}),
      },
    });
    store.hold('a', Float32Array.of(2, 10, 4, 100));
    store.hold('b', Float32Array.of(6, 20, 8, 200));
    const contributions = [
      { updateId: 'a', weight: 3 },
      { updateId: 'b', weight: 1 },
    ];
    const after = store.commit({ version: 1, contributions, scale: 0.5 });
    assert.deepEqual(seen, [[6, 0, 10, 0]]);
    assert.deepEqual([...after], [7, 12.5, 11, 125]);
    store.hold('c', Float32Array.of(5, 5, 5, 5));
    const none = store.commit({ version: 2, contributions: [{ updateId: 'c', weight: 0 }], scale: 1 });
    assert.deepEqual([...none], [7, 12.5, 11, 125]);
  });

  it('gives snapshots that no later commit changes, in shared memory', () => {
    const store = createParameterStore(Float32Array.of(1));
    const before = store.current();
    store.hold('a', Float32Array.of(1));
    const after = store.commit({ version: 1, contributions: [{ updateId: 'a', weight: 1 }], scale: 1 });
    assert.deepEqual([[...before], [...after], [...store.current()]], [[1], [2], [2]]);
    assert.ok(after.buffer instanceof SharedArrayBuffer);
    assert.equal(store.version, 1);
  });

  it('releases deltas that were dropped or committed and keeps the others', () => {
    const store = createParameterStore(Float32Array.of(0));
    for (const id of ['a', 'b', 'c']) store.hold(id, Float32Array.of(1));
    assert.equal(store.drop('a'), true);
    assert.equal(store.drop('a'), false);
    store.commit({ version: 1, contributions: [{ updateId: 'b', weight: 1 }], scale: 1 });
    assert.equal(store.held, 1);
    store.commit({ version: 2, contributions: [{ updateId: 'c', weight: 1 }], scale: 0.5 });
    assert.deepEqual([store.held, store.current()[0]], [0, 1.5]);
  });

  it('keeps what is to be kept for a later commit', () => {
    const store = createParameterStore(Float32Array.of(0));
    for (const [i, id] of ['a', 'b'].entries()) store.hold(id, Float32Array.of(i + 1));
    const order = (version: number, kept?: string[]) => ({
      version,
      contributions: ['a', 'b'].map((updateId) => ({ updateId, weight: 1 })),
      scale: 1,
      ...(kept && { kept }),
    });
    assert.throws(() => store.commit(order(1, ['a', 'c'])), /delta of update c is not held/);
    assert.deepEqual([store.version, store.current()[0]], [0, 0]);
    assert.equal(store.commit(order(1, ['a', 'b']))[0], 3);
    assert.equal(store.commit(order(2, ['b']))[0], 6);
    assert.equal(store.held, 1);
    assert.throws(() => store.commit(order(3)), /delta of update a is not held/);
  });

  it('refuses a version out of order and a delta that is not held, and changes nothing', () => {
    const store = createParameterStore(Float32Array.of(5), { version: 3 });
    store.hold('a', Float32Array.of(1));
    const order = (version: number, ...ids: string[]) => ({
      version,
      contributions: ids.map((updateId) => ({ updateId, weight: 1 })),
      scale: 1,
    });
    assert.throws(() => store.commit(order(3, 'a')), /version 3 cannot follow version 3/);
    assert.throws(() => store.commit(order(5, 'a')), /version 5 cannot follow version 3/);
    assert.throws(() => store.commit(order(4, 'a', 'b')), /delta of update b is not held/);
    assert.deepEqual([store.version, store.held, store.current()[0]], [3, 1, 5]);
  });

  it('refuses a delta of another length and an id that it holds', () => {
    const store = createParameterStore(Float32Array.of(0, 0));
    store.hold('a', new Float32Array(2));
    assert.throws(() => store.hold('a', new Float32Array(2)), /update a is held already/);
    assert.throws(() => store.hold('b', new Float32Array(3)), /has 3 elements, the model 2/);
  });

  it('hashes the little-endian bytes of the weights', () => {
    const store = createParameterStore(Float32Array.of(1, -2));
    // printf '\x00\x00\x80\x3f\x00\x00\x00\xc0' | sha256sum
    assert.equal(store.sha256(), 'ee4ac73c2bd27756ab82780f27c73a7bc4d3f0bb6acb37e008bc27eccd7e588b');
  });

  it('leaves old snapshots to the garbage collector, which sees them', () => {
    const store = createParameterStore(new Float32Array(1_000_000));
    const delta = new Float32Array(1_000_000);
    const before = process.memoryUsage().rss;
    for (let version = 1; version <= 300; version++) {
      store.hold('a', delta);
      store.commit({ version, contributions: [{ updateId: 'a', weight: 1 }], scale: 1 });
    }
    const grown = (process.memoryUsage().rss - before) / 2 ** 20;
    assert.ok(grown < 600, `300 snapshots of 4 MB, one of them held, take ${grown} MB`);
  });

  it('lets a server optimiser make the step', () => {
    const store = createParameterStore(Float32Array.of(1), {
      optimizer: {
        apply(current, step, next) {
          next[0] = (current[0] ?? 0) - 10 * (step[0] ?? 0);
        },
        ...storedIn({}),
      },
    });
    store.hold('a', Float32Array.of(2));
    store.commit({ version: 1, contributions: [{ updateId: 'a', weight: 3 }], scale: 0.5 });
    assert.equal(store.current()[0], -29);
  });

  it('tells finite vectors from others', () => {
    assert.equal(allFinite(Float32Array.of(0, -3e38, 1e-45)), true);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      assert.equal(allFinite(Float32Array.of(1, bad, 2)), false);
    }
  });
});
