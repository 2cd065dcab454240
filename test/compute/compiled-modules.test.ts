import assert from 'node:assert/strict';
import {
  adoptModules,
  compiledModule,
  type CompiledModules,
  compileModules,
} from '../../src/compute/compiled-modules.js';
import { postModel } from '../../src/compute/model-source.js';
import type { ThreadData } from '../../src/compute/thread-messages.js';
import { ThreadPool } from '../../src/compute/thread-pool.js';
import { makeDataset, makePartitions } from './fixtures/data.js';

/** `firstFree()`, which gives 0, and `run(i32, i32, i32)`, which does nothing: the form of plan.wasm without its work. */
// prettier-ignore
const idlePlan = new WebAssembly.Module(
  Uint8Array.of(
    0,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    1,
    11,
    2,
    0x60,
    0,
    1,
    0x7f,
    0x60,
    3,
    0x7f,
    0x7f,
    0x7f,
    0,
    3,
    3,
    2,
    0,
    1,
    7,
    19,
    2,
    9,
    ...Buffer.from('firstFree'),
    0,
    0,
    3,
    ...Buffer.from('run'),
    0,
    1,
    10,
    9,
    2,
    4,
    0,
    0x41,
    0,
    0x0b,
    2,
    0,
    0x0b,
  ),
);

describe('the WebAssembly modules', () => {
  it('are compiled once, whoever asks', async () => {
    const modules = await compileModules();
    assert.deepEqual(Object.keys(modules).toSorted(), ['kernels', 'plan']);
    const again = await compileModules();
    for (const name of ['kernels', 'plan'] as const) {
      assert.equal(again[name], modules[name]);
      assert.equal(compiledModule(name), modules[name]);
    }
  });

  it('are those of the thread that posted them', async () => {
    const modules = await compileModules();
    try {
      adoptModules({ ...modules, plan: idlePlan });
      assert.equal(compiledModule('plan'), idlePlan);
    } finally {
      adoptModules(modules);
    }
  });

  /** What engine a thread has chosen that was given these. */
  async function engineWith(modules: CompiledModules): Promise<string> {
    const dataset = makeDataset();
    const data: ThreadData = {
      model: await postModel('mlp'),
      dataset,
      partitions: makePartitions(dataset, 4),
      batchSize: 8,
      learningRate: 0.1,
      localOptimizer: 'sgd',
      seed: 1,
      backend: 'wasm',
      engine: 'auto',
      modules,
    };
    const { pool, model } = await ThreadPool.start(data, 1, { warn: assert.fail });
    await pool.close();
    return `${model.engine}: ${model.engineReason}`;
  }

  it('are posted to a thread, which compiles none', async () => {
    const modules = await compileModules();
    assert.equal(await engineWith(modules), 'plan: it can do this model');
    assert.equal(
      await engineWith({ ...modules, plan: idlePlan }),
      'tfjs: no plan: its first step is not that of TensorFlow.js',
    );
  });
});
