import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as tf from '@tensorflow/tfjs';
import {
  registerTrainingKernels,
  useCpuBackend,
  useWasmBackend,
} from '../../../src/compute/wasm-training/index.js';

describe('wasm-training: backends', () => {
  it('chooses the backend that was asked for, as often as it is asked', async () => {
    await useWasmBackend();
    await useWasmBackend();
    assert.equal(tf.getBackend(), 'wasm');
    await useCpuBackend();
    assert.equal(tf.getBackend(), 'cpu');
    await useWasmBackend();
    assert.equal(tf.getBackend(), 'wasm');
  });

  it('registers its kernels once, and none with another backend', async () => {
    await useWasmBackend();
    const before = tf.getKernel(tf.Conv2DBackpropFilter, 'wasm');
    const cpu = tf.getKernel(tf.Conv2DBackpropFilter, 'cpu');
    registerTrainingKernels();
    assert.equal(tf.getKernel(tf.Conv2DBackpropFilter, 'wasm'), before);
    assert.notEqual(cpu, before);
  });

  it("leaves uncaught errors to the program's own handler", async () => {
    const entry = new URL('../../../src/compute/wasm-training/index.js', import.meta.url).href;
    const program = `
      const { useWasmBackend } = await import(${JSON.stringify(entry)});
      await useWasmBackend();
      process.on('uncaughtException', () => process.exit(42));
      setImmediate(() => { throw new Error('nobody catches this'); });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' });
    const [exitCode] = await once(child, 'exit');
    assert.equal(exitCode, 42);
  });
});
