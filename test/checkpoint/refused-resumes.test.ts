/** What cannot be gone on with: each is one line that says what was found, what was wanted, and the mend. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { simulate, StalewartError, train, type TrainOptions } from '../../src/index.js';
import { smallRun } from '../run/fixtures/small-run.js';

const base: TrainOptions = { ...smallRun, rounds: 6, evalEvery: null, checkpointEvery: 2 };

describe('a resume that is refused', () => {
  let folder: string;
  let run: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-refused-'));
    run = join(folder, 'run');
    await simulate({ ...base, out: run }).done;
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const refusal = async (start: () => { readonly done: Promise<unknown> }): Promise<string> => {
    try {
      await start().done;
    } catch (error) {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.exitCode, 2);
      return error.message.replaceAll(folder, 'DIR');
    }
    assert.fail('it was not refused');
  };

  const cases: readonly (readonly [string, TrainOptions, RegExp])[] = [
    [
      'another policy',
      { policy: 'asgd' },
      /^policy is "asgd": the run in DIR\/run has "abs", and a run that is resumed keeps it/,
    ],
    ['other workers', { workers: 5 }, /^workers is 5: the run in DIR\/run has 4/],
    ['another seed', { seed: 2 }, /^seed is 2: .* has 1/],
    ['another model', { model: 'lenet' }, /^model is "lenet": .* has "mlp"/],
    ['another step size', { learningRate: 0.5 }, /^learningRate is 0\.5: .* has 0\.05/],
    [
      'fewer rounds than it has',
      { rounds: 3 },
      /^rounds is 3: it must be more than \d, which the run in DIR\/run has closed already/,
    ],
    [
      'another folder',
      { out: 'elsewhere' },
      /^out is "elsewhere": it must be left out: a resumed run goes on in DIR\/run/,
    ],
  ];
  for (const [what, options, expected] of cases) {
    it(`is so for ${what}`, async () => {
      const before = await readFile(join(run, 'journal.jsonl'));
      assert.match(await refusal(() => simulate({ ...options, resume: run })), expected);
      assert.deepEqual(await readFile(join(run, 'journal.jsonl')), before);
    });
  }

  it('names the wrong command for a run in simulated time', async () => {
    assert.match(
      await refusal(() => train({ resume: run })),
      /this one ran in simulated time: resume it with simulate$/,
    );
  });

  it('says what a folder without a run lacks', async () => {
    const empty = join(folder, 'nothing');
    assert.match(
      await refusal(() => simulate({ resume: empty })),
      /^resume is "DIR\/nothing": it must be the folder of a run with checkpoints, and it has no config\.json$/,
    );
  });

  it('says that a run has no checkpoint, or none that can be read', async () => {
    const none = join(folder, 'none');
    await simulate({ ...base, checkpointEvery: null, out: none }).done;
    assert.match(
      await refusal(() => simulate({ resume: none })),
      /and it has none; begin the run anew in another folder$/,
    );
    const damaged = join(folder, 'damaged');
    await simulate({ ...base, out: damaged }).done;
    const checkpoints = join(damaged, 'checkpoints');
    for (const name of await readdir(checkpoints)) await writeFile(join(checkpoints, name), 'x');
    assert.match(
      await refusal(() => simulate({ resume: damaged })),
      /and none of its checkpoints can be read/,
    );
  });

  it('tells another model under the same name by its weights', async () => {
    const other = join(folder, 'other');
    const model = join(folder, 'model.mjs');
    const tfjs = import.meta.resolve('@tensorflow/tfjs');
    const source = (units: number): string => `
      import * as tf from '${tfjs}';
      export const createModel = () => tf.sequential({ layers: [
        tf.layers.flatten({ inputShape: [8, 8, 1] }),
        tf.layers.dense({ units: ${units} }), tf.layers.dense({ units: 10, activation: 'softmax' }) ] });`;
    await writeFile(model, source(5));
    await simulate({ ...base, model, out: other }).done;
    await writeFile(model, source(6));
    const line = await refusal(() => simulate({ resume: other, rounds: 8 }));
    assert.match(
      line,
      /its checkpoint is of another run: the model was .* with 385 weights in 4 tensors, and is .* with 460 weights in 4 tensors$/,
    );
  });

  it('is one with a place that such runs do not have', async () => {
    const line = await refusal(() => simulate({ ...base, checkpoint: 'nats', out: join(folder, 'nats') }));
    assert.match(line, /^checkpoint is "nats": it must be dir in simulated time$/);
  });
});
