import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { npmSettings } from '../../src/data/fetch/npm-settings.js';
import { temporaryFolder } from './support/temporary-folder.js';

describe('npm settings', () => {
  const folder = temporaryFolder();
  const printing = (config: unknown) => async () => JSON.stringify(config);

  it('come from what npm prints, under the names that pacote knows', async () => {
    const settings = await npmSettings(
      printing({
        registry: 'https://packages.example/npm/',
        proxy: 'http://proxy.example:8080',
        'https-proxy': 'http://proxy.example:8443',
        noproxy: ['localhost', '.example'],
        'strict-ssl': false,
        ca: 'PEM',
        'fetch-retries': 5,
        'fetch-timeout': 1000,
        'some-other': { deep: true },
      }),
    );
    assert.deepEqual(settings, {
      registry: 'https://packages.example/npm/',
      proxy: 'http://proxy.example:8080',
      httpsProxy: 'http://proxy.example:8443',
      noProxy: 'localhost,.example',
      strictSSL: false,
      ca: ['PEM'],
      fetchRetries: 5,
      timeout: 1000,
    });
  });

  it('leave out what npm prints as null or empty', async () => {
    const printed = { registry: 'https://r.example/', proxy: null, noproxy: [''], ca: null, cafile: null };
    assert.deepEqual(await npmSettings(printing(printed)), { registry: 'https://r.example/' });
  });

  it('take the certificates one by one from cafile', async () => {
    const certificate = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
    const cafile = join(folder.path, 'bundle.pem');
    await writeFile(cafile, `${certificate('one')}\n${certificate('two')}\n`);
    const { ca } = await npmSettings(printing({ cafile }));
    assert.deepEqual(ca, [certificate('one'), certificate('two')]);
  });

  it("fall back on the environment, then on npm's public registry, where npm cannot be run", async () => {
    const noNpm = async () => {
      throw new Error('spawn npm ENOENT');
    };
    const env = { npm_config_registry: 'https://env.example/' };
    assert.deepEqual(await npmSettings(noNpm, env), { registry: 'https://env.example/' });
    assert.deepEqual(await npmSettings(noNpm, {}), {});
  });

  it('are read from the npm of this machine', async () => {
    const { registry = '' } = await npmSettings();
    assert.ok(URL.canParse(registry), registry);
  });
});
