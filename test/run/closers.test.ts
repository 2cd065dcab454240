import assert from 'node:assert/strict';
import { Closers } from '../../src/run/closers.js';

describe('Closers', () => {
  it('close in the reverse order, one after the other, once', async () => {
    const closers = new Closers();
    const order: string[] = [];
    for (const name of ['first', 'second', 'third']) {
      closers.add(async () => {
        order.push(`${name} begins`);
        await Promise.resolve();
        order.push(`${name} ends`);
      });
    }
    await closers.close((error) => assert.fail(String(error)));
    await closers.close((error) => assert.fail(String(error)));
    const expected = ['third', 'second', 'first'].flatMap((name) => [`${name} begins`, `${name} ends`]);
    assert.deepEqual(order, expected);
  });

  it('go on when one of them fails, and tell of it', async () => {
    const closers = new Closers();
    const closed: string[] = [];
    const errors: unknown[] = [];
    closers.add(async () => void closed.push('first'));
    closers.add(() => Promise.reject(new Error('stuck')));
    closers.add(async () => void closed.push('third'));
    await closers.close((error) => errors.push(error));
    assert.deepEqual(closed, ['third', 'first']);
    assert.deepEqual(errors.map(String), ['Error: stuck']);
  });
});
