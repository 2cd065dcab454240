import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { firstValueFrom, take, toArray } from 'rxjs';
import {
  accuracyOf,
  loadDataset,
  openModel,
  type Policy,
  StalewartError,
  train,
  type TrainOptions,
} from '../../src/index.js';
import { smallRun } from './fixtures/small-run.js';

const small: TrainOptions = { ...smallRun, rounds: 12, evalEvery: 6 };

describe('train', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-train-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('trains, tells every round and evaluation, and writes the run directory', async () => {
    const out = join(folder, 'run');
    const run = train({ ...small, out });
    const rounds = firstValueFrom(run.rounds$.pipe(toArray()));
    const evaluations = firstValueFrom(run.evaluations$.pipe(toArray()));
    const info = await run.ready;
    assert.equal(info.model.parameterCount, 64 * 256 + 256 + 256 * 10 + 10);
    const summary = await run.done;
    assert.deepEqual(
      (await rounds).map(({ version }) => version),
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    assert.equal((await evaluations).at(-1)?.version, 12);
    assert.equal(summary.status, 'finished');
    assert.equal(summary.rounds, 12);
    assert.equal(run.summary(), summary);
    const files = await readdir(out);
    for (const file of [
      'config.json',
      'journal.jsonl',
      'rounds.csv',
      'evaluations.csv',
      'summary.json',
      'model',
    ]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    const csv = (await readFile(join(out, 'rounds.csv'), 'utf8')).trim().split('\n');
    assert.equal(
      csv[0],
      'version,time,wait_count,max_staleness,loss,mean_staleness,uploads,downloads,restarts,communication_rounds,communication_rounds_without_restarts',
    );
    assert.equal(csv.length, 13);
    assert.deepEqual(JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')), summary);
  });

  it('records what computed it, as it was used and not as it was asked for', async () => {
    const byEngine = async (engine: 'auto' | 'tfjs') => {
      const out = join(folder, engine);
      const run = train({ ...small, engine, backend: 'wasm', threads: 1, rounds: 2, out });
      const { used } = await run.done;
      const config = JSON.parse(await readFile(join(out, 'config.json'), 'utf8')) as Record<string, unknown>;
      assert.deepEqual([config['engine'], config['used']], [engine, used]);
      const { backend, backendReason, engine: name, engineReason, threads } = await run.ready;
      assert.deepEqual(used, { backend, backendReason, engine: name, engineReason, threads });
      return used;
    };
    const asked = { backend: 'wasm', backendReason: 'as asked', threads: 1 };
    assert.deepEqual(await byEngine('auto'), {
      ...asked,
      engine: 'plan',
      engineReason: 'it can do this model',
    });
    assert.deepEqual(await byEngine('tfjs'), { ...asked, engine: 'tfjs', engineReason: 'as asked' });
  });

  // Whoever imports another backend besides, as other tests do, has to say which is meant.
  before(() => tf.setBackend('cpu'));

  it('saves a model that scores what the summary says', async () => {
    const out = join(folder, 'run');
    const { finalAccuracy } = await train({ ...small, out }).done;
    const model = await tf.loadLayersModel(openModel(join(out, 'model')));
    const dataset = await loadDataset(small.dataset as string, { seed: 1 });
    assert.equal(await accuracyOf(model, dataset), finalAccuracy);
  });

  it('learns', async () => {
    const { finalAccuracy } = await train({ ...small, rounds: 120, evalEvery: 120 }).done;
    assert.ok(finalAccuracy !== null && finalAccuracy > 0.6, `accuracy ${finalAccuracy}`);
  });

  it('gives the same weights for the same seed where the order of arrival is forced', async () => {
    // With one worker there is only one order.
    const once = () => train({ ...small, workers: 1, k0: 1 }).done;
    const [first, second] = [await once(), await once()];
    assert.equal(first.weightsSha256, second.weightsSha256);
  });

  it('stops after the open round when asked to, and saves what was learnt', async () => {
    const out = join(folder, 'run');
    const run = train({ ...small, out, rounds: null, time: 600 });
    await firstValueFrom(run.rounds$.pipe(take(1)));
    const summary = await run.stop();
    assert.equal(summary.status, 'stopped');
    assert.ok((await readdir(join(out, 'model'))).includes('model.json'));
  });

  it('ends at the target accuracy', async () => {
    const summary = await train({ ...small, rounds: 5000, evalEvery: 5, targetAccuracy: 0.3 }).done;
    assert.equal(summary.status, 'finished');
    assert.match(summary.reason, /^accuracy 0\./);
    assert.ok(summary.rounds < 5000);
  });

  it('restarts a worker that is told to crash, and goes on', async () => {
    const run = train({ ...small, rounds: 40, restartBackoff: 0.01 });
    const failures = firstValueFrom(run.failures$.pipe(toArray()));
    await firstValueFrom(run.rounds$.pipe(take(2)));
    assert.equal(await run.crash(1), true);
    assert.equal((await run.done).status, 'finished');
    assert.deepEqual(
      (await failures).map(({ worker, incarnation, action }) => [worker, incarnation, action]),
      [[1, 1, 'restarting']],
    );
  });

  it('fails when the loss is no longer finite, naming round and worker; the summary is written', async () => {
    const out = join(folder, 'run');
    const run = train({ ...small, out, learningRate: 1e6, rounds: 200 });
    await assert.rejects(run.done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.code, 'NON_FINITE');
      assert.match(error.message, /^round \d+, worker \d: .*skipNonFinite/);
      return true;
    });
    const summary = JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')) as { status: string };
    assert.equal(summary.status, 'failed');
  });

  it('refuses non-finite updates and goes on when told to', async () => {
    const run = train({ ...small, learningRate: 1e6, rounds: null, time: 600, skipNonFinite: true });
    await firstValueFrom(run.steps$.pipe(take(60), toArray()));
    const summary = await run.stop('now');
    assert.ok(summary.discarded > 0);
    assert.equal(summary.status, 'stopped');
  });

  it('takes a policy, a model and a data set of your own as values', async () => {
    const policy: Policy<null> = {
      name: 'mine',
      initial: () => null,
      waitCount: (_state, { workers }) => ({ value: workers, reason: 'everybody' }),
    };
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 2 })] });
    const split = (size: number) => ({
      inputs: Float32Array.from({ length: size * 3 }, (_, i) => Math.sin(i)),
      labels: Uint8Array.from({ length: size }, (_, i) => (Math.sin(3 * i) > 0 ? 1 : 0)),
    });
    const dataset = { name: 'mine', inputShape: [3], classes: 2, train: split(400), test: split(100) };
    const run = train({
      policy,
      model,
      dataset,
      workers: 3,
      rounds: 30,
      batchSize: 8,
      threads: 1,
      out: false,
    });
    const rounds = firstValueFrom(run.rounds$.pipe(toArray()));
    const summary = await run.done;
    assert.equal(summary.policy, 'mine');
    assert.ok((await rounds).every(({ waitCount }) => waitCount === 3));
    assert.ok((summary.finalAccuracy ?? 0) > 0.9);
  });

  it('refuses wrong settings at once, one line each', () => {
    assert.throws(
      () => train({ ...small, workers: 4, k0: 5, learningRate: -1 }),
      (error) => {
        assert.ok(error instanceof StalewartError && error.code === 'CONFIG');
        assert.deepEqual(
          error.message.split('\n').map((line) => line.split(' is ')[0]),
          ['learningRate', 'k0'],
        );
        return true;
      },
    );
  });

  it('refuses a batch that is larger than a partition, and leaves no folder behind', async () => {
    const out = join(folder, 'run');
    await assert.rejects(
      train({ ...small, out, batchSize: 161 }).done,
      /batchSize is 161: it must be at most 160/,
    );
    assert.deepEqual(await readdir(folder), []);
  });

  it('refuses a folder that holds a run', async () => {
    const out = join(folder, 'run');
    await train({ ...small, out, rounds: 2 }).done;
    await assert.rejects(train({ ...small, out }).done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /already holds a run/);
      return true;
    });
  });
});
