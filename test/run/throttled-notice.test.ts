import assert from 'node:assert/strict';
import { throttledNotice } from '../../src/run/throttled-notice.js';
import { createVirtualClock } from '../support/virtual-clock.js';

describe('a throttled notice', () => {
  it('tells the first at once, the others by number', async () => {
    const clock = createVirtualClock();
    const told: string[] = [];
    const notice = throttledNotice(clock, (text) => told.push(text), 'messages dropped');
    for (const which of ['a', 'b', 'c']) notice.tell(which);
    assert.deepEqual(told, ['a']);
    await clock.advance(10);
    notice.tell('d');
    notice.tell('e');
    assert.deepEqual(told, ['a', 'd (3 messages dropped since the last such line)']);
    await clock.advance(100);
    notice.tell('f');
    assert.deepEqual(told.at(-1), 'f (2 messages dropped since the last such line)');
  });
});
