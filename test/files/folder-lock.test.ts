import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StalewartError } from '../../src/errors.js';
import { lockFolder } from '../../src/files/folder-lock.js';

describe('lockFolder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-lock-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const refused = async (message: RegExp) => {
    await assert.rejects(lockFolder(folder, 'lock'), (error) => {
      assert.ok(error instanceof StalewartError);
      assert.match(error.message, message);
      return error.code === 'OUTPUT';
    });
  };

  it('lets one in at a time, and leaves nothing behind', async () => {
    const release = await lockFolder(folder, 'lock');
    await refused(new RegExp(`process ${process.pid} works in it`));
    await release();
    await (await lockFolder(folder, 'lock'))();
    assert.deepEqual(await readdir(folder), []);
  });

  it('takes over from a process that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await writeFile(join(folder, 'lock'), `${pid}\n`);
    await (await lockFolder(folder, 'lock'))();
    // And from one that had the number of this one.
    await writeFile(join(folder, 'lock'), `${process.pid}\n`);
    await (await lockFolder(folder, 'lock'))();
  });

  it('keeps out of the way of a process that lives, or has only just come', async () => {
    await writeFile(join(folder, 'lock'), `${process.ppid}\n`);
    await refused(
      new RegExp(`process ${process.ppid} works in it; wait for it to end, or remove .*lock if that is`),
    );
    await writeFile(join(folder, 'lock'), '');
    await refused(/another process works in it/);
  });
});
