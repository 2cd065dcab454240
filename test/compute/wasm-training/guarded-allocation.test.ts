import assert from 'node:assert/strict';
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
});
