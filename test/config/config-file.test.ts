/** YAML files: their values, the lines on which they stand, and what is wrong with them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readConfigFile } from '../../src/config/config-file.js';
import { commandLineOrigin, inWordsOf } from '../../src/config/origin.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { configError, StalewartError } from '../../src/errors.js';

describe('a configuration file', () => {
  let folder = '';
  let file = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-yaml-'));
    file = join(folder, 'job.yaml');
  });
  after(() => rmSync(folder, { recursive: true }));

  const read = (text: string) => {
    writeFileSync(file, text);
    return readConfigFile(file);
  };
  const refusal = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      assert.ok(error instanceof StalewartError, String(error));
      return error.message;
    }
    return assert.fail('nothing was refused');
  };

  it('gives its values and their lines', () => {
    const { values, lines } = read(
      '# a job\npolicy: abs\n\nbursts:\n  8: {on: 1, off: 2, factor: 3}\na: .inf\n',
    );
    assert.deepEqual(values, { policy: 'abs', bursts: { '8': { on: 1, off: 2, factor: 3 } }, a: Infinity });
    assert.deepEqual(
      [...lines],
      [
        ['policy', 2],
        ['bursts', 4],
        ['bursts.8', 5],
        ['bursts.8.on', 5],
        ['bursts.8.off', 5],
        ['bursts.8.factor', 5],
        ['a', 6],
      ],
    );
  });

  it('may be empty', () => {
    for (const text of ['', '# nothing\n', '---\n']) {
      const { values } = read(text);
      assert.deepEqual(resolveTrainConfig(values), resolveTrainConfig({}), text);
    }
  });

  const broken: [string, RegExp][] = [
    ['k0: [1\nb: 2', /job\.yaml:2 is not valid YAML: Flow sequence/],
    ['k0: 1\nk0: 2', /job\.yaml:2 is not valid YAML: Map keys must be unique$/],
    ['k0: !!foo 1', /job\.yaml:1 is not valid YAML: Unresolved tag/],
    ['k0: *x', /job\.yaml is not valid YAML: Unresolved alias/],
    ['k0: 1\n---\nk0: 2\n', /job\.yaml:2 begins a second document: the file must hold one$/],
    ['- k0', /job\.yaml must hold a map of settings, such as "policy: abs"$/],
    ['hello', /job\.yaml must hold a map of settings, such as "policy: abs"$/],
  ];
  for (const [text, line] of broken) {
    it(`is refused when it holds ${JSON.stringify(text)}`, () => {
      assert.match(
        refusal(() => read(text)),
        line,
      );
    });
  }

  it('is refused when it is not there', () => {
    const absent = join(folder, 'absent.yaml');
    assert.equal(
      refusal(() => readConfigFile(absent)),
      `the configuration file ${absent} cannot be read: there is no such file`,
    );
  });

  it('has its lines named in errors, and flags by their dashes', () => {
    const source = read('workers: 3\n\nbatchSize: 0\nbatch-size: 3\nk0: 1\n');
    const origin = commandLineOrigin(new Set(['k0', 'evalEvery']), source);
    const lines = refusal(() => resolveTrainConfig({ ...source.values, k0: 5, evalEvery: 0 }, origin)).split(
      '\n',
    );
    assert.deepEqual(lines, [
      `batchSize (${file}:3) is 0: it must be an integer from 1 to 65536`,
      '--eval-every is 0: it must be an integer of at least 1 or none',
      `batch-size (${file}:4) is not a setting (did you mean "batchSize"?)`,
      '--k0 is 5: it must be at most the number of workers, which is 3',
    ]);
  });

  it('has its lines named in errors of the run, too', () => {
    const origin = commandLineOrigin(new Set(), read('out: results\n'));
    const error = inWordsOf(origin, configError('out', 'results', 'a writable folder'));
    assert.equal(error.message, `out (${file}:1) is "results": it must be a writable folder`);
    assert.equal(error.exitCode, 2);
    const other = new StalewartError('SERVICE', 'nats://x does not answer', { field: 'nats' });
    assert.equal(inWordsOf(origin, other), other);
  });
});
