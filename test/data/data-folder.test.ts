import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { dataFolder } from '../../src/data/cache/data-folder.js';

describe('the data folder', () => {
  const home = join('/', 'home', 'ada');
  const linux = (env: Record<string, string>) => ({ env, platform: 'linux' as const, home });

  it('is what the user said, before anything in the environment', () => {
    const env = { STALEWART_DATA: '/env', XDG_CACHE_HOME: '/xdg' };
    assert.equal(dataFolder('said', linux(env)), resolve('said'));
  });

  it('is STALEWART_DATA where nothing was said', () => {
    const env = { STALEWART_DATA: '/env', XDG_CACHE_HOME: '/xdg' };
    assert.equal(dataFolder(undefined, linux(env)), resolve('/env'));
  });

  it("is the platform's own place otherwise", () => {
    assert.equal(dataFolder(undefined, linux({})), join(home, '.cache', 'stalewart'));
    assert.equal(
      dataFolder(undefined, linux({ STALEWART_DATA: '', XDG_CACHE_HOME: '/xdg' })),
      join('/xdg', 'stalewart'),
    );
    assert.equal(
      dataFolder(undefined, { env: {}, platform: 'darwin', home }),
      join(home, 'Library', 'Caches', 'stalewart'),
    );
    assert.equal(
      dataFolder(undefined, { env: { LOCALAPPDATA: '/local' }, platform: 'win32', home }),
      join('/local', 'stalewart', 'Cache'),
    );
  });
});
