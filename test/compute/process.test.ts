import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fixture } from './fixtures/data.js';

/** Rejects if the process does not exit with 0. */
async function unclosedRun(model: string): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [fixture('unclosed-run'), model], { timeout: 20_000 });
}

describe('a process with a compute pool', () => {
  it('prints nothing of its own, keeps TensorFlow.js off the main thread, and exits with the pool unclosed', async () => {
    const { stdout, stderr } = await unclosedRun('mlp');
    const { loss, loaded } = JSON.parse(stdout) as { loss: number; loaded: string[] };
    assert.ok(loss > 0);
    assert.deepEqual(loaded, []);
    assert.equal(stderr, '');
  });

  it('keeps what a model prints away from standard output', async () => {
    const { stdout, stderr } = await unclosedRun(fixture('printing-model'));
    assert.doesNotThrow(() => JSON.parse(stdout));
    assert.match(stderr, /^(printed by the model\n)+$/);
  });
});
