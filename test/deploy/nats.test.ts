/** The nats-server configurations of deploy/nats, checked by nats-server. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { natsConfiguration } from '../../src/security/nats-configuration.js';
import type { Role } from '../../src/security/roles.js';
import { makeKeys } from '../security/support/secured-run.js';
import { deployFolder, deployText, projectFolder } from './support/manifests.js';

const program = execFileSync(
  process.execPath,
  [join(projectFolder, 'scripts/get-nats-server.mjs'), '--where'],
  {
    encoding: 'utf8',
  },
).trim();

/** Throws where nats-server refuses it. */
function check(config: string, cwd: string): void {
  execFileSync(program, ['-t', '-c', config], { cwd, stdio: 'pipe' });
}

describe('deploy/nats', () => {
  for (const file of ['single.conf', 'cluster/nats-1.conf', 'cluster/nats-2.conf', 'cluster/nats-3.conf']) {
    it(`${file} is valid`, () => check(join(deployFolder, 'nats', file), deployFolder));
  }

  it('would be found out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stalewart-'));
    await writeFile(join(folder, 'wrong.conf'), 'max_payload: 8MB\njetstream { store_drr: "x" }\n');
    assert.throws(() => check(join(folder, 'wrong.conf'), folder));
    await rm(folder, { recursive: true });
  });

  it('has routes from each node of the cluster to the other two', () => {
    for (const node of [1, 2, 3]) {
      const text = deployText(`nats/cluster/nats-${node}.conf`);
      const others = [1, 2, 3].filter((other) => other !== node).map((other) => `nats://nats-${other}:6222`);
      assert.deepEqual(text.match(/nats:\/\/\S+/g), others);
      assert.match(text, new RegExp(`^server_name: nats-${node}$`, 'm'));
    }
  });

  it('secured.conf is what stalewart keys makes, and valid beside its certificates', async () => {
    const text = deployText('nats/secured.conf');
    const [server = '', observer = '', w1 = '', w2 = ''] = text.match(/U[A-Z2-7]{55}/g) ?? [];
    const run = 'example';
    const users: readonly (readonly [Role, string])[] = [
      [{ role: 'server', run }, server],
      [{ role: 'observer', run }, observer],
      [{ role: 'worker', run, process: 'w1' }, w1],
      [{ role: 'worker', run, process: 'w2' }, w2],
    ];
    assert.equal(
      text,
      natsConfiguration(
        run,
        users.map(([role, publicKey]) => ({ role, publicKey })),
        null,
      ),
    );
    const keys = await makeKeys({ run });
    check(join(deployFolder, 'nats/secured.conf'), join(keys.folder, 'nats'));
    await keys.remove();
  });
});
