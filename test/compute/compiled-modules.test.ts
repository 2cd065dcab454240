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
const sections = [
  '0061736d01000000', // magic and version
  '010b026000017f60037f7f7f00', // types: () → i32, (i32, i32, i32) → ()
  '0303020001', // functions of these types
  '0713020966697273744672656500000372756e0001', // exports: firstFree, run
  '0a0902040041000b02000b', // code: i32.const 0; nothing
];
const idlePlan = new WebAssembly.Module(Buffer.from(sections.join(''), 'hex'));

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
