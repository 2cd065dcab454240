import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { fixture } from './fixtures/data.js';

interface Printed {
  readonly backend: string;
  readonly reason: string;
  readonly loss: number;
  readonly loaded: readonly string[];
}

/** Rejects if the process does not exit with 0. */
async function unclosedRun(
  model: string,
  backend: string,
  fakeNative?: string,
): Promise<Printed & { stderr: string }> {
  const hooks = fakeNative === undefined ? [] : ['--import', fixture('native-hooks')];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...hooks, fixture('unclosed-run'), model, backend],
    { timeout: 30_000, env: { ...process.env, FAKE_NATIVE: fakeNative } },
  );
  return { ...(JSON.parse(stdout) as Printed), stderr };
}

describe('a process with a compute pool', () => {
  it('prints nothing of its own, keeps TensorFlow.js off the main thread, and exits with the pool unclosed', async () => {
    const { loss, loaded, stderr } = await unclosedRun('mlp', 'wasm');
    assert.ok(loss > 0);
    assert.deepEqual(loaded, []);
    assert.equal(stderr, '');
  });

  it('keeps what a model prints away from standard output', async () => {
    const { stderr } = await unclosedRun(fixture('printing-model'), 'wasm');
    assert.match(stderr, /^(printed by the model\n)+$/);
  });
});

describe('the native backend', () => {
  const broken = 'throw new Error("libtensorflow.so.2: cannot open shared object file");';
  const empty = `
    import * as tf from ${JSON.stringify(import.meta.resolve('@tensorflow/tfjs'))};
    tf.registerBackend('tensorflow', () => tf.findBackend('cpu'));
  `; // it loads, and has no kernels

  it('that does not load is passed over by auto, with the reason', async () => {
    const { backend, reason } = await unclosedRun('mlp', 'auto', broken);
    assert.equal(backend, 'wasm');
    assert.match(reason, /^@tensorflow\/tfjs-node does not work here \(libtensorflow\.so\.2: cannot open/);
  });

  it('that has not what the model needs is passed over by auto, with the reason', async () => {
    const { backend, reason } = await unclosedRun('mlp', 'auto', empty);
    assert.equal(backend, 'wasm');
    assert.match(reason, /does not work here \(Kernel '\w+' not registered for backend 'tensorflow'\)$/);
  });

  it('that does not load is refused when it was asked for, with the mend', async () => {
    await assert.rejects(unclosedRun('mlp', 'tensorflow', broken), (error: Error & { stderr: string }) => {
      assert.match(
        error.stderr,
        /StalewartError: backend is "tensorflow", which cannot be loaded \(libtensorflow\.so\.2: cannot open shared object file\): install @tensorflow\/tfjs-node on a version of Node that it supports, or choose wasm/,
      );
      return true;
    });
  });
});
