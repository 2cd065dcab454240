/** The progress of a fetch, and the report at its end. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'mocha';
import { formatReport } from '../../src/cli/data.js';
import { createFetchDisplay } from '../../src/cli/fetch-display.js';
import { runCli } from './run-cli.js';

function shownOn(stream: PassThrough): string {
  const display = createFetchDisplay(stream);
  const total = 139e6;
  for (const bytesDone of [0, total / 2, total]) {
    display.update({ dataset: 'cifar10', stage: 'download', bytesDone, bytesTotal: total });
  }
  display.update({ dataset: 'cifar10', stage: 'store', bytesDone: 184e6, bytesTotal: 184e6 });
  display.end();
  return String(stream.read() ?? '');
}

describe('the progress of a fetch', () => {
  it('is a line per stage where there is no terminal', () => {
    assert.equal(shownOn(new PassThrough()), 'cifar10: downloading 139.0 MB\ncifar10: storing 184.0 MB\n');
  });

  it('is a bar on a terminal', () => {
    const stream = Object.assign(new PassThrough(), {
      isTTY: true,
      cursorTo: () => true,
      clearLine: () => true,
    });
    const text = shownOn(stream);
    assert.match(text, /cifar10: downloading .* of 139\.0 MB/);
    assert.match(text, /cifar10: storing {5}█+ 100 % of 184\.0 MB/);
  });
});

describe('stalewart data', () => {
  it('reports what a data set holds', async () => {
    const { exitCode, stdout, stderr } = await runCli(['data', 'synthetic']);
    assert.equal(stderr, '');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^synthetic: verified \(.*\)\n {2}examples .* for training, .* for testing\n/);
  });

  it('refuses a name that it does not know', async () => {
    const { exitCode, stderr } = await runCli(['data', 'minst']);
    assert.equal(exitCode, 2);
    assert.equal(
      stderr,
      'error: the data set is "minst": it must be one of cifar10, cifar100, mnist, fashion-mnist, synthetic, ' +
        'synthetic:SETTINGS, or the path of a module or folder (did you mean "mnist"?)\n',
    );
  });

  it('gives the range where classes differ in size', () => {
    const text = formatReport({
      name: 'x',
      location: '/data/x',
      source: 'official files',
      bytes: 1,
      inputShape: [2, 2, 1],
      classes: 2,
      classNames: ['a', 'b'],
      train: { size: 3000, perClass: [1000, 2000] },
      test: { size: 10, perClass: [5, 5] },
      normalisation: { inputScale: 1, mean: [0], deviation: [1] },
    });
    assert.equal(
      text,
      [
        'x: verified (official files)',
        '  examples  3,000 for training, 10 for testing',
        '  shape     2 × 2 × 1, 2 classes, 1,000 to 2,000 each for training',
        '  in        /data/x',
        '',
      ].join('\n'),
    );
  });
});
