/**
 * The units of deploy/systemd. Their lines and settings are checked everywhere; where systemd is installed, it verifies them
 * as well, with the programs that they start replaced by one that is there.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployText, readUnit, systemdUnits } from './support/manifests.js';

const hardening = {
  NoNewPrivileges: 'yes',
  ProtectSystem: 'strict',
  ProtectHome: 'yes',
  PrivateTmp: 'yes',
  PrivateDevices: 'yes',
  ProtectKernelTunables: 'yes',
  ProtectKernelModules: 'yes',
  ProtectControlGroups: 'yes',
  RestrictNamespaces: 'yes',
  RestrictSUIDSGID: 'yes',
  LockPersonality: 'yes',
  CapabilityBoundingSet: '',
  SystemCallFilter: '@system-service',
  UMask: '0077',
};

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('deploy/systemd', () => {
  it('has the three units', () => {
    assert.deepEqual(systemdUnits().toSorted(), [
      'nats-server.service',
      'stalewart-server.service',
      'stalewart-worker@.service',
    ]);
  });

  for (const file of systemdUnits()) {
    it(`${file} has its sections, runs as a user of its own, and is confined`, () => {
      const unit = readUnit(deployText(join('systemd', file)));
      assert.deepEqual([...unit.keys()], ['Unit', 'Service', 'Install']);
      const service = new Map(unit.get('Service'));
      assert.notEqual(service.get('User') ?? 'root', 'root');
      for (const [name, value] of Object.entries(hardening)) assert.equal(service.get(name), value, name);
      const names = (unit.get('Service') ?? [])
        .map(([name]) => name)
        .filter((name) => name !== 'Environment');
      assert.equal(new Set(names).size, names.length, 'a setting stands twice');
      // Node compiles as it runs.
      assert.equal(service.has('MemoryDenyWriteExecute'), file === 'nats-server.service');
    });

    it(`${file} passes ${hasSystemd ? 'systemd-analyze verify' : 'the rules that systemd has for commands'}`, () => {
      const text = deployText(join('systemd', file));
      for (const line of text.split('\n').filter((each) => /^Exec\w+=/.test(each))) {
        assert.match(line, /^Exec\w+=\/[\w/.-]+( \S+)*$/);
      }
      if (!hasSystemd) return;
      const folder = mkdtempSync(join(tmpdir(), 'stalewart-'));
      const name = file.replace('@.', '@w1.');
      writeFileSync(join(folder, name), text.replaceAll(/^(ExecStart=)\S+/gm, `$1${process.execPath}`));
      try {
        execFileSync('systemd-analyze', ['verify', '--man=no', join(folder, name)], { stdio: 'pipe' });
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
