import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { StalewartError } from '../../../src/errors.js';

const gigabyte = 2 ** 30;

describe('wasm-training: memory that cannot be had', () => {
  before(useWasmBackend);

  const backend = () => tf.backend() as BackendWasm;
  const allocate = (bytes: number) => backend().makeOutput([bytes / 4], 'float32');
  const isShortage = (message: string) => (error: unknown) =>
    error instanceof StalewartError && error.code === 'MODEL' && error.message === message;

  it('is refused where WebAssembly could not even say how much is wanted', () => {
    assert.throws(
      () => allocate(4 * gigabyte + 400),
      isShortage('the wasm backend has no 4096.0 MB of memory left: take a smaller batch or model'),
    );
  });

  it('is refused once there is none left, and what was there stays as it was', () => {
    const low = tf.tensor1d([1, 2, 3]);
    const held: tf.TensorInfo[] = [];
    assert.throws(() => {
      while (held.length < 5) held.push(allocate(gigabyte));
    }, isShortage('the wasm backend has no 1024.0 MB of memory left: take a smaller batch or model'));
    assert.ok(held.length >= 2, `${held.length} GB could be had`);
    assert.deepEqual([...low.add(1).dataSync()], [2, 3, 4]);
    for (const { dataId } of held) backend().disposeData(dataId);
    assert.deepEqual([...tf.matMul(tf.ones([2, 3]), tf.ones([3, 1])).dataSync()], [3, 3]);
  });

  // In programs of their own: how the memory has grown before decides what the allocator does.
  for (const [when, between] of [
    ['before', ''],
    ['after', 'await tf.setBackend("wasm");'],
  ] as const) {
    it(`is refused with the kernels registered ${when} the backend started, from the first tensor on`, async () => {
      const sizes = [4.8e9, 1.6e9, 1.6e9, 1.6e9, 400];
      const told = await tellOf(between, sizes);
      const no = (megabytes: string) =>
        `MODEL the wasm backend has no ${megabytes} MB of memory left: take a smaller batch or model`;
      // The third would end beyond 4 GB: the allocator gives the address of a hundred bytes for it.
      assert.deepEqual(told, [no('4577.6'), 'had', 'had', no('1525.9'), 'had']);
    });
  }
});

/** What becomes of tensors of these many bytes, all kept, in a program that has just begun. */
async function tellOf(first: string, sizes: readonly number[]): Promise<unknown> {
  const entry = new URL('../../../src/compute/wasm-training/index.js', import.meta.url).href;
  const program = `
    import * as tf from '@tensorflow/tfjs';
    import '@tensorflow/tfjs-backend-wasm';
    const { registerTrainingKernels } = await import(${JSON.stringify(entry)});
    ${first}
    registerTrainingKernels();
    await tf.setBackend('wasm');
    const told = ${JSON.stringify(sizes)}.map((bytes) => {
      try {
        tf.backend().makeOutput([bytes / 4], 'float32');
        return 'had';
      } catch (error) {
        return error.code + ' ' + error.message;
      }
    });
    console.log(JSON.stringify(told));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}
