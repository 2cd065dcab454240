/** Checkpoints in a folder: whole or not at all, the last three, the newest that can be read. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { CheckpointStore } from '../../src/checkpoint/checkpoint-store.js';
import { createDirectoryStore, type WriteFile } from '../../src/checkpoint/directory-store.js';
import { encodeCheckpoint } from '../../src/checkpoint/encode.js';
import { newestIntact } from '../../src/checkpoint/newest-intact.js';
import { StalewartError } from '../../src/errors.js';
import { sampleCheckpoint } from './support/sample-checkpoint.js';

describe('the store of checkpoints in a folder', () => {
  let folder: string;
  let store: CheckpointStore;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'stalewart-checkpoints-')), 'checkpoints');
    store = createDirectoryStore(folder);
  });
  afterEach(async () => {
    await store.close();
    await rm(join(folder, '..'), { recursive: true, force: true });
  });

  const save = async (version: number, epoch = 1): Promise<void> =>
    store.save(await encodeCheckpoint(sampleCheckpoint(version, epoch)), { version, epoch });
  const versions = async (): Promise<readonly string[]> =>
    (await store.list()).map(({ version, epoch }) => `${version}/${epoch}`);

  it('is empty before the first, and makes no folder', async () => {
    assert.deepEqual(await store.list(), []);
    await assert.rejects(readdir(folder), /ENOENT/);
  });

  it('keeps the last three, and nothing else', async () => {
    for (const version of [9, 10, 11, 100]) await save(version);
    assert.deepEqual(await versions(), ['100/1', '11/1', '10/1']);
    assert.equal((await readdir(folder)).length, 3);
  });

  it('takes a higher epoch for newer, whatever the version', async () => {
    await save(12, 1);
    await save(10, 2);
    await save(13, 1);
    assert.deepEqual(await versions(), ['10/2', '13/1', '12/1']);
    const { found } = await newestIntact(store);
    assert.equal(found?.checkpoint.state.version, 10);
  });

  it('saves one after the other, in the order of asking', async () => {
    await Promise.all([3, 4, 5, 6].map((version) => save(version)));
    assert.deepEqual(await versions(), ['6/1', '5/1', '4/1']);
  });

  it('passes over what is torn or edited, and says which and why', async () => {
    for (const version of [1, 2, 3]) await save(version);
    const [newest, middle] = await store.list();
    assert.ok(newest !== undefined && middle !== undefined);
    const torn = await readFile(join(folder, newest.name));
    await writeFile(join(folder, newest.name), torn.subarray(0, 100));
    const edited = await readFile(join(folder, middle.name));
    edited.writeUInt8(edited.readUInt8(200) ^ 1, 200);
    await writeFile(join(folder, middle.name), edited);
    const { found, passedOver } = await newestIntact(store);
    assert.equal(found?.stored.version, 1);
    assert.deepEqual(
      passedOver.map(({ stored, problem }) => [stored.name, problem]),
      [
        ['version-3.epoch-1.checkpoint', `it is cut off: 100 bytes instead of ${torn.length}`],
        ['version-2.epoch-1.checkpoint', 'its SHA-256 is wrong: it was damaged or edited'],
      ],
    );
  });

  it('passes over a whole file under another name', async () => {
    await save(4);
    await writeFile(
      join(folder, 'version-5.epoch-1.checkpoint'),
      await encodeCheckpoint(sampleCheckpoint(4)),
    );
    const { found, passedOver } = await newestIntact(store);
    assert.equal(found?.stored.version, 4);
    assert.equal(passedOver[0]?.problem, 'it is of another version than its name says');
  });

  it('lists nothing that was set aside, and nothing that is not its own', async () => {
    await save(1);
    await save(2);
    await writeFile(join(folder, 'next.checkpoint.tmp'), 'half');
    await writeFile(join(folder, 'notes.txt'), 'mine');
    await store.setAside('version-2.epoch-1.checkpoint');
    assert.deepEqual(await versions(), ['1/1']);
    assert.ok((await readdir(folder)).includes('version-2.epoch-1.checkpoint.damaged'));
  });

  it('keeps what there was when the disk is full, says so, and takes the next', async () => {
    let isFull = false;
    const full: WriteFile = async (path, bytes) => {
      // What a full disk leaves: a part.
      await writeFile(path, isFull ? bytes.subarray(0, 50) : bytes);
      if (isFull)
        throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    };
    store = createDirectoryStore(folder, full);
    await save(1);
    isFull = true;
    await assert.rejects(save(2), (error) => {
      assert.ok(error instanceof StalewartError && error.code === 'WRITE');
      assert.match(error.message, /^the checkpoint of version 2 cannot be written to .*ENOSPC/);
      return true;
    });
    assert.deepEqual(await readdir(folder), ['version-1.epoch-1.checkpoint']);
    isFull = false;
    await save(3);
    assert.deepEqual(await versions(), ['3/1', '1/1']);
  });
});
