/** What the program says about itself. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { settings, settingsOf } from '../../src/config/settings.js';
import { topics } from '../../src/config/setting-notes.js';
import { runCli } from './run-cli.js';

describe('stalewart --version', () => {
  it('is that of the package', async () => {
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const version = /"version": "([^"]+)"/.exec(manifest)?.[1];
    assert.deepEqual(await runCli(['--version']), { exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('stalewart --help', () => {
  it('lists the commands', async () => {
    const { exitCode, stdout } = await runCli(['--help']);
    assert.equal(exitCode, 0);
    for (const command of ['train', 'simulate', 'server', 'worker', 'data', 'doctor', 'help']) {
      assert.match(stdout, new RegExp(`^  ${command} `, 'm'));
    }
  });

  it('is what an empty command line gets, with exit code 2', async () => {
    const { exitCode, stdout, stderr } = await runCli([]);
    assert.equal(exitCode, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^Usage: stalewart /);
  });
});

describe('the exit codes', () => {
  it('are listed in the help of the program and of its runs, as the docs have them', async () => {
    const docs = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    const rows = [...docs.matchAll(/^\| (\d+) \| (.*) \|$/gm)].filter(([, code]) => code !== '3'); // none yet
    const block = rows.map(([, code = '', text = '']) => `  ${code.padEnd(5)}${text}\n`).join('');
    assert.deepEqual(
      rows.map(([, code]) => code),
      ['0', '1', '2', '4', '130'],
    );
    for (const args of [
      ['--help'],
      ['train', '--help'],
      ['simulate', '--help'],
      ['server', '--help'],
      ['worker', '--help'],
    ]) {
      const { stdout } = await runCli(args);
      assert.ok(stdout.endsWith(`\nExit codes:\n${block}`), stdout);
    }
  });
});

for (const [command, mode] of [
  ['train', 'live'],
  ['simulate', 'simulated'],
  ['server', 'live'],
] as const) {
  describe(`stalewart ${command} --help`, () => {
    it('shows every setting of such a run under its topic, and no other, in 100 columns', async () => {
      const { exitCode, stdout } = await runCli([command, '--help']);
      assert.equal(exitCode, 0);
      const lines = stdout.split('\n');
      assert.ok(lines.every((line) => line.length <= 100));
      const own = settingsOf(mode);
      assert.deepEqual(
        lines.filter((line) => /^[A-Z]\w+:$/.test(line)).map((line) => line.slice(0, -1)),
        ['Arguments', ...topics.filter((topic) => own.some((setting) => setting.topic === topic)), 'Options'],
      );
      for (const setting of settings) {
        const { flag, kind, default: fallback } = setting;
        const shown = kind === 'boolean' && fallback === 'true' ? flag.replace('--', '--no-') : flag;
        const found = new RegExp(`^  ${shown}\\b`, 'm').test(stdout);
        assert.equal(found, own.includes(setting), flag);
      }
    });
  });
}
