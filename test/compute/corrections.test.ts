/** Corrections of stale deltas: each against numbers worked out by hand, and what the parameter store does with them. */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { DeltaCorrection } from '../../protocols/sync/delta-correction.js';
import { createCorrection } from '../../src/compute/corrections/create-correction.js';
import type { Correction } from '../../src/compute/corrections/correction.js';
import { createParameterStore, type ParameterStore } from '../../src/compute/parameter-store.js';
import { StalewartError } from '../../src/errors.js';

type Pair = readonly [number, number];

function corrected(correction: Correction, { delta, w, b }: Record<'delta' | 'w' | 'b', Pair>): number[] {
  const result = new Float64Array(2);
  correction.apply(Float32Array.from(delta), Float32Array.from(w), Float32Array.from(b), result);
  return [...result];
}

const every: readonly DeltaCorrection[] = [
  { kind: 'gap-aware' },
  { kind: 'delay-compensation', lambda: 0.04 },
  { kind: 'toward-model' },
];

function close(actual: readonly number[], expected: readonly number[]): void {
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs((actual[i] ?? Number.NaN) - value) < 1e-12, `${actual.join(', ')}`);
  }
}

describe('corrections', () => {
  it('toward-model: the step leads to the worker’s model', () => {
    // b + δ = [1.5, 1]; from w = [3, 1] that is [-1.5, 0]
    const correction = createCorrection({ kind: 'toward-model' }, 0.1, 2);
    assert.deepEqual(corrected(correction, { delta: [0.5, -1], w: [3, 1], b: [1, 2] }), [-1.5, 0]);
  });

  it('delay-compensation: λ·g²·(w − b) is added to the gradient', () => {
    // g = −δ / ¼ = [-2, 4]; g + ½·g²·[2, -1] = [-2 + 4, 4 − 8] = [2, -4]; δ = −¼·[2, -4]
    const correction = createCorrection({ kind: 'delay-compensation', lambda: 0.5 }, 0.25, 2);
    assert.deepEqual(corrected(correction, { delta: [0.5, -1], w: [3, 1], b: [1, 2] }), [-0.5, 1]);
  });

  it('gap-aware: the gap is measured in usual steps', () => {
    const correction = createCorrection({ kind: 'gap-aware' }, 0.1, 2);
    // The only step so far is the usual one: C = [½, 1]; gaps [2, 1] are 4 and 1 of them: δ / [5, 2]
    close(corrected(correction, { delta: [0.5, -1], w: [3, 1], b: [1, 2] }), [0.1, -0.5]);
    // C² = (0.999 · ¼ + 1) / (0.999 + 1), of δ² = ¼ and then 1; the gap is 1: δ / (1 + 1 / C)
    const usual = Math.sqrt((0.999 * 0.25 + 1) / 1.999);
    close(corrected(correction, { delta: [1, 0], w: [2, 5], b: [1, 0] }), [1 / (1 + 1 / usual), 0]);
  });

  it('gap-aware: a coordinate that never moved stays where it is', () => {
    const correction = createCorrection({ kind: 'gap-aware' }, 0.1, 2);
    assert.deepEqual(corrected(correction, { delta: [0, 0], w: [1, 0], b: [0, 0] }), [0, 0]);
  });

  it('leave the delta of a worker that started from the current model as it is', () => {
    const float = fc.float({ noNaN: true, min: -10, max: 10 });
    const pair = fc.tuple(float, float);
    for (const correction of every) {
      const one = createCorrection(correction, 0.1, 2);
      fc.assert(
        fc.property(pair, pair, (delta, w) => {
          const result = corrected(one, { delta, w, b: w });
          // + 0: zeros may differ in their sign.
          assert.deepEqual(
            result.map((x) => x + 0),
            delta.map((x) => x + 0),
          );
        }),
      );
    }
  });

  it('go on from their stored state as if they had never stopped', () => {
    for (const correction of every) {
      const whole = createCorrection(correction, 0.1, 2);
      corrected(whole, { delta: [0.5, -1], w: [3, 1], b: [1, 2] });
      const resumed = createCorrection(correction, 0.1, 2);
      resumed.restore(whole.state());
      const next = { delta: [2, 0.25], w: [4, 1], b: [3, 1.5] } as const;
      assert.deepEqual(corrected(resumed, next), corrected(whole, next));
    }
  });

  it('are refused where there is none of that kind', () => {
    const refused: [Partial<DeltaCorrection>, RegExp][] = [
      [JSON.parse('{"kind":"gap"}'), /of kind "gap", and must be one of gap-aware, delay-comp/],
      [{ kind: 'delay-compensation', lambda: -1 }, /lambda of its correction is -1, and must be/],
      [{ kind: 'delay-compensation' }, /lambda of its correction is NaN, and must be/],
    ];
    for (const [correction, message] of refused) {
      assert.throws(
        () => createCorrection(correction as DeltaCorrection, 0.1, 2),
        (error) => error instanceof StalewartError && error.code === 'POLICY' && message.test(error.message),
      );
    }
  });
});

describe('parameter store with corrections', () => {
  const storeWith = (correction: DeltaCorrection, start: readonly number[] = [0, 0]) =>
    createParameterStore(Float32Array.from(start), {
      correction: createCorrection(correction, 0.1, start.length),
    });
  const commit = (store: ParameterStore, contributions: readonly [string, number][], kept?: string[]) =>
    store.commit({
      version: store.version + 1,
      contributions: contributions.map(([updateId, weight]) => ({ updateId, weight })),
      scale: 1,
      ...(kept && { kept }),
    });

  it('corrects by where each worker started, whenever its delta came', () => {
    const store = storeWith({ kind: 'toward-model' });
    store.given(0);
    store.given(1);
    store.hold('b', Float32Array.of(4, 8), 1);
    // Halfway from [0, 0] to [4, 8]
    assert.deepEqual([...commit(store, [['b', 0.5]])], [2, 4]);
    store.given(1);
    store.hold('a', Float32Array.of(6, 0), 0);
    // Halfway from [2, 4] to [0, 0] + [6, 0]
    assert.deepEqual([...commit(store, [['a', 0.5]])], [4, 2]);
    store.hold('c', Float32Array.of(0, 0), 1);
    // All the way back to [2, 4]
    assert.deepEqual([...commit(store, [['c', 1]])], [2, 4]);
  });

  it('forgets where a worker started when it is given a newer model', () => {
    const store = storeWith({ kind: 'toward-model' });
    for (const worker of [0, 1]) store.given(worker);
    store.hold('a', Float32Array.of(1, 1), 0);
    commit(store, [['a', 1]]);
    store.given(1);
    store.hold('b', Float32Array.of(1, 0), 1);
    assert.deepEqual([...commit(store, [['b', 1]])], [2, 1]);
  });

  it('keeps a delta with where it started for a later commit', () => {
    const store = storeWith({ kind: 'toward-model' });
    for (const worker of [0, 1]) store.given(worker);
    store.hold('a', Float32Array.of(4, 4), 0);
    store.hold('b', Float32Array.of(8, 0), 1);
    assert.deepEqual([...commit(store, [['a', 0.5]], ['a'])], [2, 2]);
    assert.equal(store.held, 2);
    // w + ½(a − w) + ½(b − w) = ½[4, 4] + ½[8, 0]
    assert.deepEqual(
      [
        ...commit(store, [
          ['a', 0.5],
          ['b', 0.5],
        ]),
      ],
      [6, 2],
    );
    assert.equal(store.held, 0);
  });

  it('counts a delta that several commits apply once in the usual step', () => {
    const store = storeWith({ kind: 'gap-aware' }, [0]);
    for (const worker of [0, 1]) store.given(worker);
    store.hold('a', Float32Array.of(2), 0);
    assert.deepEqual([...commit(store, [['a', 1]], ['a'])], [2]);
    store.hold('b', Float32Array.of(4), 1);
    const [weight = Number.NaN] = store.commit({
      version: 2,
      contributions: [
        { updateId: 'a', weight: 1, repeated: true },
        { updateId: 'b', weight: 1 },
      ],
      scale: 1,
    });
    // The model is 2 from where both started. Of a, C is its own size; of b, the root mean square of a and b.
    const usual = Math.sqrt((0.999 * 2 ** 2 + 4 ** 2) / (0.999 + 1));
    const expected = 2 + (2 * 2) / (2 + 2) + (4 * usual) / (usual + 2);
    assert.ok(Math.abs(weight - expected) < 1e-6, `${weight} instead of ${expected}`);
  });

  it('leaves weights that no gradient moves alone', () => {
    const store = createParameterStore(Float32Array.of(0, 0), {
      correction: createCorrection({ kind: 'toward-model' }, 0.1, 2),
      untrained: [[1, 2]],
    });
    for (const worker of [0, 1]) store.given(worker);
    store.hold('a', Float32Array.of(2, 7), 0);
    commit(store, [['a', 1]]);
    store.hold('b', Float32Array.of(1, 9), 1);
    assert.deepEqual([...commit(store, [['b', 1]])], [1, 9]);
  });

  it('refuses a delta of which nobody knows where it started, and each start serves one delta', () => {
    const store = storeWith({ kind: 'gap-aware' });
    const delta = Float32Array.of(1, 1);
    assert.throws(() => store.hold('a', delta), /the weights that update a started from are not known/);
    assert.throws(() => store.hold('a', delta, 3), /the weights that update a started from are not known/);
    store.given(3);
    store.hold('a', delta, 3);
    assert.throws(() => store.hold('b', delta, 3), /the weights that update b started from are not known/);
    assert.equal(store.held, 1);
  });

  it('lets old snapshots go once nobody started from them', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const store = storeWith({ kind: 'gap-aware' }, [0, 0]);
    const old = new WeakRef(store.current());
    for (const worker of [0, 1]) store.given(worker);
    store.hold('a', Float32Array.of(1, 1), 0);
    commit(store, [['a', 1]]);
    // A WeakRef holds what it was asked for until the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    assert.ok(old.deref() !== undefined, 'worker 1 computes from it still');
    store.hold('b', Float32Array.of(1, 1), 1);
    commit(store, [['b', 1]]);
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    assert.equal(old.deref(), undefined);
  });

  it('remembers nothing where nothing is corrected', () => {
    const store = createParameterStore(Float32Array.of(1));
    store.given(0);
    store.hold('a', Float32Array.of(1));
    assert.equal(commit(store, [['a', 1]])[0], 2);
  });
});
