import assert from 'node:assert/strict';
import { createValueHistory } from '../../src/telemetry/value-history.js';

describe('value history', () => {
  it('keeps every value while there is room', () => {
    const history = createValueHistory(4);
    for (const value of [1, 2, 3]) history.add(value);
    assert.deepEqual(history.values(), [1, 2, 3]);
  });

  it('averages neighbours when it is full', () => {
    const history = createValueHistory(4);
    for (const value of [1, 3, 5, 7]) history.add(value);
    assert.deepEqual(history.values(), [2, 6]);
    history.add(9);
    assert.deepEqual(history.values(), [2, 6, 9]);
    history.add(11);
    assert.deepEqual(history.values(), [2, 6, 10]);
  });

  it('never holds more than its capacity, and covers the whole run', () => {
    const history = createValueHistory(8);
    for (let value = 1; value <= 1000; value++) {
      history.add(value);
      assert.ok(history.values().length <= 8);
    }
    assert.ok((history.values()[0] ?? 0) < 200);
    assert.ok((history.values().at(-1) ?? 0) > 800);
  });

  it('leaves out what is not finite', () => {
    const history = createValueHistory();
    for (const value of [1, Number.NaN, Number.POSITIVE_INFINITY, 2]) history.add(value);
    assert.deepEqual(history.values(), [1, 2]);
  });
});
