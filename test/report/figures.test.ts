/** Figures: their data are the numbers of the runs' files, and they can be read in black and white, anywhere. */
import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { allFigures } from '../../src/report/figures/all-figures.js';
import type { Figure } from '../../src/report/figures/figure.js';
import { lineFigure } from '../../src/report/figures/line-figure.js';
import { lookOf } from '../../src/report/figures/look.js';
import { pngScale, toPng, toSvg } from '../../src/report/figures/render.js';
import { readRunFacts, type RunFacts } from '../../src/report/run-facts.js';
import { groupInSeries } from '../../src/report/series.js';
import { letterCount } from '../../src/report/shortened.js';
import { layersOf, valuesOf } from './figure-layers.js';
import { storeRun, type StoredRunOptions, temporaryFolder, type WrittenRun } from './stored-run.js';

describe('figures', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const written = new Map<string, WrittenRun>();
  const facts = new Map<string, RunFacts>();

  const add = async (name: string, options: StoredRunOptions): Promise<void> => {
    const directory = `${folder.path}/${name}`;
    written.set(name, await storeRun(directory, options));
    facts.set(name, await readRunFacts({ name, directory, series: null }, {}));
  };
  const run = (name: string): WrittenRun => {
    const found = written.get(name);
    assert.ok(found !== undefined);
    return found;
  };
  const figuresOf = (...names: readonly string[]): readonly Figure[] =>
    allFigures(groupInSeries([...facts.values()].filter(({ name }) => names.includes(name))), 'simulated');
  const figure = (figures: readonly Figure[], name: string): Figure => {
    const found = figures.find((each) => each.name === name);
    assert.ok(found !== undefined, `no figure ${name} among ${figures.map((each) => each.name).join()}`);
    return found;
  };

  before(async () => {
    folder = await temporaryFolder();
    await add('abs-1', {});
    await add('abs-2', { config: { seed: 2 }, better: 0.1 });
    await add('asgd-1', { config: { policy: 'asgd' }, better: -0.05 });
    await add('hostile', { config: { policy: '<script>alert(1)</script> & "co"' } });
    await add('final', { config: { policy: 'k-async' }, final: true });
    await add('untrained', { config: { compute: 'none' }, evalEvery: 0 });
  });
  after(() => folder.remove());

  it('put losses on a logarithmic axis where one run diverged, and say so', () => {
    const lossFigure = (highest: number) => {
      const points = [3, 0.5, highest].map((y, x) => ({ x, mean: y, low: y, high: y }));
      const y = { title: 'Loss', fromZero: false, logarithmicFrom: 20 };
      const drawn = lineFigure({
        name: 'loss',
        title: 'Loss',
        caption: '',
        x: { title: 'Time' },
        y,
        interpolation: 'linear',
        lines: [{ label: 'a', points }],
      });
      return JSON.stringify(drawn?.spec);
    };
    assert.match(lossFigure(10), /"title":"Loss \(logarithmic\)".*"type":"log","domain":\[0.5,10\]/);
    assert.doesNotMatch(lossFigure(9.9), /logarithmic|"log"/);
    assert.doesNotMatch(lossFigure(0), /logarithmic|"log"/);
    assert.match(lossFigure(1e5), /"format":"~e"/);
  });

  it('of one run draw its rows as they are', () => {
    const figures = figuresOf('abs-1');
    const { evaluations, rounds } = run('abs-1');
    const drawn = (name: string): unknown =>
      valuesOf(layersOf(figure(figures, name), 'line')[0], 'x', 'mean');
    assert.deepEqual(
      drawn('accuracy-time'),
      evaluations.map(({ time, testAccuracy }) => [time, testAccuracy]),
    );
    assert.deepEqual(
      drawn('accuracy-communication'),
      evaluations.map(({ communicationRounds, testAccuracy }) => [communicationRounds, testAccuracy]),
    );
    const uploads = (version: number): number => {
      const round = rounds.find((each) => each.version === version);
      assert.ok(round !== undefined);
      return round.communicationRounds - round.restarts;
    };
    assert.deepEqual(
      drawn('accuracy-uploads'),
      evaluations.map(({ version, testAccuracy }) => [uploads(version), testAccuracy]),
    );
    assert.deepEqual(
      drawn('training-loss-time'),
      rounds.map(({ time, loss }) => [time, loss]),
    );
    assert.deepEqual(
      drawn('test-loss-time'),
      evaluations.map(({ time, testLoss }) => [time, testLoss]),
    );
    assert.deepEqual(drawn('wait-count-time'), [
      [0, 2],
      [rounds.at(-1)?.time, 2],
    ]);
    assert.deepEqual(drawn('max-staleness-time'), [
      [0, 3],
      [rounds.at(-1)?.time, 3],
    ]);
  });

  it('leave out the second evaluation of the final weights, and say so', () => {
    const drawn = figuresOf('final').filter(
      ({ name }) => name.startsWith('accuracy-') || name === 'test-loss-time',
    );
    assert.equal(drawn.length, 4);
    const { length } = run('final').evaluations;
    for (const each of drawn) {
      const xs = valuesOf(layersOf(each, 'line')[0], 'x').flat();
      assert.equal(xs.length, length - 1, each.name);
      assert.equal(new Set(xs).size, xs.length);
      assert.match(each.caption, /evaluated twice, on some test examples and on all, the latter is left out/);
    }
  });

  it('of several seeds draw the mean in a band from the smallest to the largest', () => {
    const accuracy = figure(figuresOf('abs-1', 'abs-2'), 'accuracy-time');
    const [first, second] = [run('abs-1').evaluations, run('abs-2').evaluations];
    const band = valuesOf(layersOf(accuracy, 'area')[0], 'x', 'low', 'high');
    assert.deepEqual(
      band,
      first.map(({ time, testAccuracy }, index) => [time, testAccuracy, second[index]?.testAccuracy]),
    );
    const means = valuesOf(layersOf(accuracy, 'line')[0], 'mean').flat();
    means.forEach((value, index) => {
      const [, low, high] = band[index] ?? [];
      assert.ok(typeof value === 'number' && Math.abs(value - (Number(low) + Number(high)) / 2) < 1e-12);
    });
    assert.match(
      accuracy.caption,
      /Runs: abs \(seeds 1, 2\)\. Line: mean over the seeds .*from the smallest to the largest/,
    );
  });

  it('give staleness and contributions of the journal', () => {
    const figures = figuresOf('abs-1');
    const contributions = run('abs-1').steps.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'commit' ? effect.contributions : [])),
    );
    const share = (values: readonly number[], value: number): number =>
      values.filter((each) => each === value).length / values.length;
    const stale = contributions.map(({ staleness }) => staleness);
    assert.deepEqual(
      valuesOf(layersOf(figure(figures, 'staleness'), 'rect')[0], 'x', 'mean'),
      [0, 1, 2].map((value) => [value, share(stale, value)]),
    );
    const workers = contributions.map(({ worker }) => worker);
    const bars = valuesOf(layersOf(figure(figures, 'contributions'), 'rect')[0], 'x', 'mean');
    assert.deepEqual(
      bars.map(([worker]) => worker),
      [0, 1, 2, 3],
    );
    bars.forEach(([worker, height]) => {
      assert.ok(Math.abs(Number(height) - 4 * share(workers, Number(worker))) < 1e-12);
    });
  });

  it('put the workers of several runs in the order of their contributions', () => {
    const [line] = layersOf(figure(figuresOf('abs-1', 'asgd-1'), 'contributions'), 'line');
    const heights = valuesOf(line, 'mean').flat().map(Number);
    assert.equal(heights.length, 4);
    assert.deepEqual(
      heights,
      [...heights].sort((left, right) => left - right),
    );
  });

  it('are left out where the run has nothing for them', () => {
    const names = figuresOf('untrained').map(({ name }) => name);
    assert.deepEqual(names, [
      'wait-count-time',
      'max-staleness-time',
      'staleness',
      'contributions',
      'timeline',
    ]);
  });

  it('tell series apart without colours: by dashes and markers', async () => {
    const accuracy = figure(figuresOf('abs-1', 'asgd-1', 'hostile'), 'accuracy-time');
    const lines = layersOf(accuracy, 'line').map(({ mark }) => JSON.stringify(mark['strokeDash']));
    assert.equal(new Set(lines).size, 3);
    const markers = layersOf(accuracy, 'point').map(({ mark }) => mark['shape']);
    assert.equal(new Set(markers.slice(0, 3)).size, 3);
    const svg = await toSvg(accuracy);
    const dashes = [...svg.matchAll(/<path [^>]*stroke-width="1.4"[^>]*>/g)].map(
      ([path]) => /stroke-dasharray="([^"]*)"/.exec(path)?.[1] ?? 'solid',
    );
    assert.equal(new Set(dashes).size, 3, dashes.join(' '));
  });

  it('have 64 looks of which no two share dashes and marker', () => {
    const looks = Array.from({ length: 64 }, (_, index) => lookOf(index));
    assert.equal(new Set(looks.map(({ dash, marker }) => `${dash.join()} ${marker}`)).size, 64);
    for (const [index, { colour }] of looks.slice(0, 8).entries()) {
      assert.ok(looks.slice(0, index).every((other) => other.colour !== colour));
    }
  });

  it('have a legend with the dashes and the marker of each line', () => {
    const accuracy = figure(figuresOf('abs-1', 'asgd-1'), 'accuracy-time');
    const samples = layersOf(accuracy, 'rule').find(({ data }) => 'label' in (data.values[0] ?? {}));
    assert.deepEqual(
      valuesOf(samples, 'label', 'dash', 'marker'),
      ['abs', 'asgd'].map((label, index) => [label, lookOf(index).dash, lookOf(index).marker]),
    );
  });

  it('are SVG of a fixed size, with a title, a description and text of at least 7 points', async () => {
    for (const each of figuresOf('abs-1', 'asgd-1')) {
      const svg = await toSvg(each);
      const [, width] = /<svg [^>]*width="(\d+)"/.exec(svg) ?? [];
      assert.equal(width, each.name.startsWith('timeline') ? '690' : '330');
      assert.match(svg, /^<svg [^>]*role="img"><title>[^<]+<\/title><desc>[^<]+<\/desc>/);
      const sizes = [...svg.matchAll(/font-size="([\d.]+)px"/g)].map(([, size]) => (Number(size) * 72) / 100);
      assert.ok(sizes.length > 5 && sizes.every((points) => points >= 7), sizes.join());
      assert.ok(
        !/\bid="|url\(|<image|href="/.test(svg),
        'names nothing that another figure of the page may name too',
      );
    }
  });

  it('keep labels within the figure', async () => {
    for (const each of figuresOf('abs-1', 'asgd-1', 'hostile')) {
      const [legend] = layersOf(each, 'text');
      for (const [label, left] of valuesOf(legend, 'label', 'text')) {
        if (typeof label === 'string') assert.ok(50 + Number(left) + 6 * letterCount(label) <= 330, label);
      }
    }
  });

  it('are PNG of 300 dots per inch, drawn with their own font', async () => {
    const svg = await toSvg(figure(figuresOf('abs-1'), 'accuracy-time'));
    const [, width, height] = /<svg [^>]*width="(\d+)" height="(\d+)"/.exec(svg) ?? [];
    const image = decode(await toPng(svg));
    assert.deepEqual([image.width, image.height], [pngScale * Number(width), pngScale * Number(height)]);
    const withoutText = decode(await toPng(svg.replaceAll(/<text\b.*?<\/text>/g, '')));
    assert.notDeepEqual(image.data, withoutText.data);
  });

  it('hold hostile names as text', async () => {
    for (const each of figuresOf('abs-1', 'hostile')) {
      const svg = await toSvg(each);
      assert.ok(!svg.includes('<script'), each.name);
      // The rasteriser's XML parser takes nothing that is not well-formed.
      await toPng(svg);
    }
    const names = figuresOf('abs-1', 'hostile').map(({ name }) => name);
    assert.ok(
      names.every((name) => /^[a-z0-9-]+$/.test(name)),
      names.join(),
    );
  });

  it('are the same bytes every time', async () => {
    const once = await Promise.all(figuresOf('abs-1', 'asgd-1').map(toSvg));
    assert.deepEqual(await Promise.all(figuresOf('abs-1', 'asgd-1').map(toSvg)), once);
  });
});
