/** The report as a whole: what it writes, of what, and what it says where something is missing. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { report, StalewartError } from '../../src/index.js';
import { someSteps, storeRun, temporaryFolder } from './stored-run.js';

describe('report', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const at = (...names: string[]): string => join(folder.path, ...names);
  const pageOf = (name: string): Promise<string> => readFile(at(name, 'report.html'), 'utf8');
  const failsWith = async (promise: Promise<unknown>, exitCode: number, message: RegExp): Promise<void> => {
    await assert.rejects(promise, (error) => {
      assert.ok(error instanceof StalewartError, String(error));
      assert.equal(error.exitCode, exitCode);
      assert.match(error.message, message);
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('of one run is written into its folder, and says what was written', async () => {
    await storeRun(at('run'));
    const written = await report([at('run')]);
    assert.equal(written.out, at('run'));
    assert.equal(written.page, at('run', 'report.html'));
    assert.deepEqual(written.notes, []);
    const files = await readdir(at('run', 'figures'));
    const expected = written.figures.flatMap(({ name }) => [`${name}.png`, `${name}.svg`]);
    assert.deepEqual(files.sort(), expected.sort());
    assert.equal(files.length, 20);
    for (const { svg, png, caption } of written.figures) {
      assert.match(await readFile(svg, 'utf8'), /^<svg /);
      assert.equal((await readFile(png)).subarray(1, 4).toString(), 'PNG');
      assert.match(caption, /Runs?: abs/);
    }
  });

  it('says of a run that has ended which of its files end before it', async () => {
    const { rounds } = await storeRun(at('run'));
    const cut = async (file: string, lines: number): Promise<void> => {
      const text = await readFile(at('run', file), 'utf8');
      await writeFile(at('run', file), `${text.split('\n').slice(0, lines).join('\n')}\n0.5`);
    };
    await cut('rounds.csv', 11);
    await cut('journal.jsonl', 50);
    const [ofRounds = '', ofJournal = '', ...others] = (await report([at('run')])).notes;
    assert.equal(
      ofRounds,
      `run: rounds.csv ends with round 10 of ${rounds.length}: what is drawn from it is not whole`,
    );
    assert.match(ofJournal, /^run: journal.jsonl ends with round \d+ of /);
    assert.deepEqual(others, []);
  });

  it('is the same bytes every time, wherever it is written', async () => {
    await storeRun(at('cmp', 'abs-1'));
    await storeRun(at('cmp', 'abs-2'), { config: { seed: 2 } });
    const contents = async (out: string): Promise<readonly string[]> => {
      const { figures, page } = await report([at('cmp')], { out });
      const files = [page, ...figures.flatMap(({ svg, png }) => [svg, png])];
      return Promise.all(files.map((file) => readFile(file, 'base64')));
    };
    assert.deepEqual(await contents(at('one')), await contents(at('other')));
  });

  it('is one page without network or script, whose elements are closed', async () => {
    await storeRun(at('run'));
    await report([at('run')]);
    const page = await pageOf('run');
    assert.ok(!/<script|<link|<img|<iframe|@import|\bon\w+="|url\(/i.test(page));
    const addresses = [...page.matchAll(/https?:\/\/[^\s"'<]+/g)].map(([address]) => address);
    assert.deepEqual([...new Set(addresses)].sort(), [
      'http://www.w3.org/1999/xlink',
      'http://www.w3.org/2000/svg',
    ]);
    assert.equal(page.match(/<svg /g)?.length, 10);
    const ids = [...page.matchAll(/\bid="([^"]+)"/g)].map(([, id]) => id);
    assert.equal(new Set(ids).size, ids.length);
    const open: string[] = [];
    for (const [, slash, name = '', rest = ''] of page.matchAll(
      /<(\/?)([a-zA-Z][\w-]*)((?:"[^"]*"|[^">])*)>/g,
    )) {
      if (name === 'meta' || rest.endsWith('/')) continue;
      if (slash === '') open.push(name);
      else assert.equal(open.pop(), name);
    }
    assert.deepEqual(open, []);
  });

  it('escapes whatever comes from the files and folders', async () => {
    const evil = '<script>alert("x")</script>';
    await storeRun(at('<b>run'), {
      config: { policy: evil, model: `'"><img src=x onerror=alert(1)>`, [evil]: 1 },
    });
    await report([at('<b>run')]);
    const page = await pageOf('<b>run');
    assert.ok(!/<script|<img|<b>/.test(page));
    assert.ok(page.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;'));
    assert.ok(page.includes('&lt;b&gt;run'));
  });

  it('tabulates what the summaries hold, with the spread over seeds', async () => {
    await storeRun(at('cmp', 'abs-1'));
    await storeRun(at('cmp', 'abs-2'), { config: { seed: 2 }, better: 0.1 });
    await storeRun(at('cmp', 'asgd-1'), { config: { policy: 'asgd', a: 9 }, better: -0.2 });
    await report([at('cmp')]);
    const page = await pageOf('cmp/report');
    const summary = async (name: string) =>
      JSON.parse(await readFile(at('cmp', name, 'summary.json'), 'utf8')) as Record<string, number>;
    const [first, second] = [await summary('abs-1'), await summary('abs-2')].map(
      (each) => each['finalAccuracy'] ?? 0,
    );
    const [low, high] = [100 * (first ?? 0), 100 * (second ?? 0)];
    const cell = `<td>${((low + high) / 2).toFixed(2)} ± ${((high - low) / Math.SQRT2).toFixed(2)}</td>`;
    assert.ok(page.includes(`<tr><th scope="row">abs</th><td>1, 2</td>${cell}`), cell);
    const { downloads } = await summary('asgd-1');
    assert.ok(page.includes(`<td>${downloads}</td>`));
    assert.ok(page.includes('<tr><th scope="row">a</th><td>6</td><td>9</td></tr>'));
  });

  it('tells how many seeds reached an accuracy', async () => {
    await storeRun(at('cmp', 'abs-1'));
    await storeRun(at('cmp', 'abs-2'), { config: { seed: 2 }, better: 0.3 });
    await report([at('cmp')]);
    const [row = ''] =
      /<th scope="row">abs<\/th><td>[^\n]*1 of 2<\/td><\/tr>/.exec(await pageOf('cmp/report')) ?? [];
    assert.match(row, /^<th scope="row">abs<\/th><td>[\d.]+ ± [\d.]+<\/td>.*<td>1 of 2<\/td>/);
  });

  it('of a run that goes on shows what is there, and says so', async () => {
    await storeRun(at('run'), { ends: false });
    await appendFile(at('run', 'journal.jsonl'), '{"event":{"type":"upd');
    await appendFile(at('run', 'rounds.csv'), '101,3');
    await appendFile(at('run', 'evaluations.csv'), '10');
    const { figures, notes } = await report([at('run')]);
    assert.equal(figures.length, 10);
    assert.deepEqual(notes, [
      'run: no summary.json: the run goes on or was killed; shown is what it has done so far',
    ]);
    assert.match(await pageOf('run'), /<td>unfinished<\/td>/);
  });

  it('of a run without rounds says what is missing', async () => {
    await storeRun(at('run'), { steps: [], ends: false });
    const { figures, notes } = await report([at('run')]);
    assert.deepEqual(figures, []);
    assert.equal(notes.length, 3);
    assert.match(await pageOf('run'), /There is nothing to draw.*no round has closed/s);
  });

  it('of a run without journal goes without what only the journal holds', async () => {
    await storeRun(at('run'));
    await rm(at('run', 'journal.jsonl'));
    const { figures, notes } = await report([at('run')]);
    const names = figures.map(({ name }) => name);
    assert.ok(
      names.includes('accuracy-time') && !names.includes('staleness') && !names.includes('accuracy-uploads'),
    );
    assert.match(notes.join(), /no journal\.jsonl/);
  });

  it('says once what many runs lack', async () => {
    for (const seed of [1, 2, 3, 4]) {
      await storeRun(at('cmp', `abs-${seed}`), {
        config: { seed, compute: 'none' },
        evalEvery: 0,
        ends: seed > 2,
      });
    }
    const { notes } = await report([at('cmp')]);
    assert.deepEqual(notes, [
      'cmp/abs-1, cmp/abs-2: no summary.json: the run goes on or was killed; shown is what it has done so far',
      '4 of 4 runs: nothing was trained (compute: none), so there is no accuracy or loss',
    ]);
  });

  it('of a run that diverged leaves out what cannot be drawn', async () => {
    const steps = someSteps().map((step) => ({
      ...step,
      effects: step.effects.map((effect) =>
        effect.type === 'commit' ? { ...effect, loss: Number.NaN } : effect,
      ),
    }));
    await storeRun(at('run'), { steps });
    const names = (await report([at('run')])).figures.map(({ name }) => name);
    assert.ok(!names.includes('training-loss-time') && names.includes('test-loss-time'));
  });

  it('refuses live and simulated runs on one axis', async () => {
    await storeRun(at('live'), { config: { mode: 'live' } });
    await storeRun(at('simulated'));
    await failsWith(
      report([at('live'), at('simulated')]),
      2,
      /is a live run, in seconds, and .* report them apart$/,
    );
    const { page } = await report([at('live')]);
    assert.match(await readFile(page, 'utf8'), /Time \(s\)/);
  });

  it('refuses a damaged file, naming it and the line', async () => {
    await storeRun(at('run'));
    await appendFile(at('run', 'journal.jsonl'), 'nonsense\n');
    await failsWith(report([at('run')]), 2, /journal\.jsonl, line \d+ is damaged/);
    await writeFile(at('run', 'config.json'), '{"policy":"abs","workers":0,"mode":"live"}');
    await failsWith(
      report([at('run')]),
      2,
      /config\.json has no workers: it must be a number of at least 1$/,
    );
  });

  it('refuses a stretch of time that is none, and a folder that cannot be written', async () => {
    await storeRun(at('run'));
    await failsWith(
      report([at('run')], { from: 5, to: 5 }),
      2,
      /^to is 5: it must be more than from, which is 5$/,
    );
    await failsWith(
      report([at('run')], { from: Number.NaN }),
      2,
      /^from is NaN: it must be a time of at least 0$/,
    );
    await writeFile(at('file'), '');
    await failsWith(report([at('run')], { out: at('file') }), 2, /cannot be written to .*--out$/);
  });

  it('draws the stretch of the timeline that was asked for', async () => {
    await storeRun(at('run'));
    const { figures } = await report([at('run')], { from: 10, to: 20 });
    assert.match(figures.find(({ name }) => name === 'timeline')?.caption ?? '', /from 10 to 20/);
    const { notes } = await report([at('run')], { from: 1e6 });
    assert.deepEqual(notes, ['run: nothing happened after 1000000, so there is no timeline']);
  });

  it('of a comparison leaves nothing in its folder but report/, so that it can be continued', async () => {
    await storeRun(at('cmp', 'abs-1'));
    assert.equal((await report([at('cmp')])).out, at('cmp', 'report'));
    assert.deepEqual(await readdir(at('cmp')), ['abs-1', 'report']);
    assert.ok(!(await readdir(at('cmp', 'abs-1'))).includes('figures'));
  });

  it('of several folders is written to report/, unless another is named', async () => {
    await storeRun(at('a'));
    await storeRun(at('b'), { config: { seed: 2 } });
    await mkdir(at('work'));
    const before = process.cwd();
    process.chdir(at('work'));
    try {
      assert.equal((await report([at('a'), at('b')])).out, 'report');
    } finally {
      process.chdir(before);
    }
    assert.deepEqual((await readdir(at('work', 'report'))).sort(), ['figures', 'report.html']);
  });
});
