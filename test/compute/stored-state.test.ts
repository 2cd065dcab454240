import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { storedIn } from '../../src/compute/stored-state.js';

describe('stored state', () => {
  const make = () => {
    const velocity = Float64Array.of(1, 2);
    const since = { commits: 3 };
    return { velocity, since, stored: storedIn({ velocity }, since) };
  };

  it('is a copy, both ways', () => {
    const { velocity, since, stored } = make();
    const state = stored.state();
    velocity[0] = 9;
    since.commits = 4;
    assert.deepEqual(state, { vectors: { velocity: Float64Array.of(1, 2) }, scalars: { commits: 3 } });
    stored.restore(state);
    assert.deepEqual([...velocity, since.commits], [1, 2, 3]);
    velocity[1] = 7;
    assert.deepEqual(state.vectors['velocity'], Float64Array.of(1, 2));
  });

  it('of something else or of another model is refused, and changes nothing', () => {
    const { velocity, since, stored } = make();
    const other = Float64Array.of(5, 6);
    const refused: [Parameters<typeof stored.restore>[0], RegExp][] = [
      [{ vectors: {}, scalars: { commits: 1 } }, /the stored state has no velocity/],
      [{ vectors: { velocity: other }, scalars: {} }, /the stored state has no commits/],
      [
        { vectors: { velocity: other, first: other }, scalars: { commits: 1 } },
        /has first, which belongs to something else/,
      ],
      [
        { vectors: { velocity: new Float64Array(3) }, scalars: { commits: 1 } },
        /the stored velocity has 3 elements, the model 2/,
      ],
    ];
    for (const [state, message] of refused) {
      assert.throws(() => stored.restore(state), { name: 'RangeError', message });
      assert.deepEqual([...velocity, since.commits], [1, 2, 3]);
    }
  });
});
