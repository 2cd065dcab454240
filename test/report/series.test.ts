/** Which runs are one series, and what a series is called. */
import assert from 'node:assert/strict';
import type { RunFacts } from '../../src/report/run-facts.js';
import { readRunFacts } from '../../src/report/run-facts.js';
import { groupInSeries, listed } from '../../src/report/series.js';
import { differing, flatSettings } from '../../src/report/settings.js';
import { storeRun, temporaryFolder } from './stored-run.js';

describe('series', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let count = 0;
  const run = async (
    config: Readonly<Record<string, unknown>>,
    series: string | null = null,
  ): Promise<RunFacts> => {
    const name = `run-${count++}`;
    const directory = `${folder.path}/${name}`;
    await storeRun(directory, { config, steps: [], evalEvery: 0 });
    return readRunFacts({ name, directory, series }, {});
  };
  before(async () => {
    folder = await temporaryFolder();
  });
  after(() => folder.remove());

  it('are runs that differ in their seed and in nothing that could matter', async () => {
    const series = groupInSeries([
      await run({ seed: 2, out: 'here', threads: 1 }),
      await run({ seed: 1, out: 'there', threads: 2 }),
      await run({ policy: 'asgd' }),
    ]);
    assert.equal(listed(series), 'abs (seeds 1, 2), asgd (seed 1)');
  });

  it('of one policy are called by the settings in which they differ', async () => {
    const straggler = { law: 'exponential', mean: 2 };
    const series = groupInSeries([
      await run({}),
      await run({ a: 8 }),
      await run({ straggler }),
      await run({ policy: 'sync', k: 3 }),
    ]);
    assert.deepEqual(
      series.map(({ label }) => label),
      ['abs: a 6, straggler.mean 1', 'abs: a 8, straggler.mean 1', 'abs: a 6, straggler.mean 2', 'sync'],
    );
  });

  it('are called by a law without its parameters where that tells them apart', async () => {
    const gamma = { law: 'gamma', mean: 1, vtask: 0.1 };
    const other = { law: 'gamma', mean: 1, vtask: 0.6 };
    const labels = (series: readonly { label: string }[]) => series.map(({ label }) => label);
    const runs = [await run({}), await run({ straggler: gamma })];
    assert.deepEqual(labels(groupInSeries(runs)), ['abs: straggler exponential', 'abs: straggler gamma']);
    const three = groupInSeries([...runs, await run({ straggler: other })]);
    assert.equal(labels(three)[2], 'abs: straggler gamma, vtask 0.6');
  });

  it('take the name that their comparison gives them', async () => {
    const series = groupInSeries([
      await run({ a: 4 }, 'tight'),
      await run({ a: 9 }, 'loose'),
      await run({ a: 9, seed: 2 }, 'loose'),
    ]);
    assert.equal(listed(series), 'tight (seed 1), loose (seeds 1, 2)');
  });

  it('have labels that are short and different', async () => {
    const long = 'x'.repeat(60);
    const series = groupInSeries([await run({ model: `${long}1` }), await run({ model: `${long}2` })]);
    const labels = series.map(({ label }) => label);
    assert.equal(new Set(labels).size, 2);
    assert.ok(
      labels.every((label) => label.length <= 47),
      labels.join(),
    );
  });
});

describe('settings', () => {
  it('that differ are named, those of a group one by one', () => {
    const all = [
      { policy: 'abs', a: 4, straggler: { law: 'gamma', vtask: 0.1 }, latency: {}, seed: 1 },
      {
        policy: 'abs',
        a: Number.POSITIVE_INFINITY,
        straggler: { law: 'gamma', vtask: 0.2 },
        latency: {},
        seed: 2,
        extra: [1],
      },
    ].map(flatSettings);
    assert.deepEqual(differing(all), ['a', 'straggler.vtask', 'extra']);
    assert.deepEqual(
      all.map((settings) => settings.get('a')),
      ['4', 'Infinity'],
    );
    assert.equal(all[1]?.get('extra'), '[1]');
  });
});
