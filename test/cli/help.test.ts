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
    for (const command of ['train', 'simulate', 'data', 'doctor', 'help']) {
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

for (const [command, mode] of [
  ['train', 'live'],
  ['simulate', 'simulated'],
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
