import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import type { CachedArrays } from '../../src/data/cache/cache-format.js';
import { readCacheFile } from '../../src/data/cache/read-cache-file.js';
import { writeCacheFile } from '../../src/data/cache/write-cache-file.js';
import { assertRefused } from './support/assert-data-error.js';
import { temporaryFolder } from './support/temporary-folder.js';

const description = { dataset: 'tiny', source: 'somewhere', inputShape: [2, 2, 1], classes: 3 };
const arrays: CachedArrays = {
  trainInputs: Uint8Array.from({ length: 20 }, (_, i) => i),
  trainLabels: Uint8Array.of(0, 1, 2, 0, 1),
  testInputs: Uint8Array.of(9, 8, 7, 6),
  testLabels: Uint8Array.of(2),
};

describe('the cache file', () => {
  const folder = temporaryFolder();
  const write = () => writeCacheFile(folder.path, 'tiny.swdata', description, arrays);

  it('gives back what was written, in shared memory', async () => {
    const read = await readCacheFile(await write());
    assert.deepEqual(read, { description, arrays });
    for (const array of Object.values(read?.arrays ?? {})) {
      assert.ok(array.buffer instanceof SharedArrayBuffer);
    }
  });

  it('gives back arrays of any size', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
    const any = fc.record(
      { trainInputs: bytes, trainLabels: bytes, testInputs: bytes, testLabels: bytes },
      { noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(any, async (written) => {
        const path = await writeCacheFile(folder.path, 'any.swdata', description, written);
        assert.deepEqual((await readCacheFile(path))?.arrays, written);
      }),
      { numRuns: 30 },
    );
  });

  it('is laid out as documented', async () => {
    const bytes = await readFile(await write());
    assert.equal(bytes.toString('latin1', 0, 8), 'SWDATA\r\n');
    assert.equal(bytes.readUInt32LE(8), 1);
    const headerBytes = bytes.readUInt32LE(12);
    const text = bytes.subarray(48, 48 + headerBytes);
    assert.deepEqual(bytes.subarray(16, 48), createHash('sha256').update(text).digest());
    const header = JSON.parse(text.toString('utf8'));
    const base = Math.ceil((48 + headerBytes) / 64) * 64;
    const { offset, bytes: length, sha256 } = header.sections.testInputs;
    assert.equal(offset % 64, 0);
    const section = bytes.subarray(base + offset, base + offset + length);
    assert.deepEqual([...section], [9, 8, 7, 6]);
    assert.equal(sha256, createHash('sha256').update(section).digest('hex'));
  });

  it('is absent where there is none', async () => {
    assert.equal(await readCacheFile(join(folder.path, 'none.swdata')), undefined);
  });

  it('is refused at every shorter length', async () => {
    const whole = await readFile(await write());
    const path = join(folder.path, 'short.swdata');
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      await assertRefused(() => readCacheFile(path), 'DATA', /short\.swdata: /, /Delete it/);
    }
  });

  it('is refused when any byte that means something is changed', async () => {
    const whole = await readFile(await write());
    const path = join(folder.path, 'changed.swdata');
    const { sections } = JSON.parse(whole.toString('utf8', 48, 48 + whole.readUInt32LE(12)));
    const base = Math.ceil((48 + whole.readUInt32LE(12)) / 64) * 64;
    const preamble = Array.from({ length: 48 + whole.readUInt32LE(12) }, (_, i) => i);
    const content = Object.values<{ offset: number; bytes: number }>(sections).flatMap((section) =>
      Array.from({ length: section.bytes }, (_, i) => base + section.offset + i),
    );
    for (const position of [...preamble, ...content]) {
      const changed = Buffer.from(whole);
      changed[position] = (changed[position] ?? 0) ^ 1;
      await writeFile(path, changed);
      await assertRefused(() => readCacheFile(path), 'DATA', /changed\.swdata: /, /Delete it/);
    }
  });

  it('is held against the checksums of its header alone where it has been checked before', async () => {
    const whole = await readFile(await write());
    const path = join(folder.path, 'changed.swdata');
    const changed = (position: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[position] = (bytes[position] ?? 0) ^ 1;
      return bytes;
    };
    await writeFile(path, changed(Math.ceil((48 + whole.readUInt32LE(12)) / 64) * 64));
    await assertRefused(() => readCacheFile(path), 'DATA', /the checksum of/);
    assert.ok((await readCacheFile(path, { check: false })) !== undefined);
    await writeFile(path, changed(60));
    await assertRefused(() => readCacheFile(path, { check: false }), 'DATA', /changed\.swdata: /);
  });

  it('leaves nothing when writing stops', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    const onBytes = () => stop.abort(reason);
    const writing = writeCacheFile(folder.path, 'tiny.swdata', description, arrays, onBytes, stop.signal);
    await assert.rejects(writing, reason);
    assert.deepEqual(await readdir(folder.path), []);
  });
});
