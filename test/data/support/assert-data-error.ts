import assert from 'node:assert/strict';
import { StalewartError, type ErrorCode } from '../../../src/errors.js';

/** Asserts that `work` rejects with one line of the given code that matches every pattern. */
export async function assertRefused(
  work: () => Promise<unknown>,
  code: ErrorCode,
  ...patterns: readonly RegExp[]
): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof StalewartError, String(error));
    assert.equal(error.code, code);
    assert.ok(!error.message.includes('\n'), error.message);
    for (const pattern of patterns) {
      assert.match(error.message, pattern);
    }
    return true;
  });
}
