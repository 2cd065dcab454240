/**
 * Where data sets are kept: what the user said (`--data-dir`), else `STALEWART_DATA`, else the platform's own place for
 * files that can be fetched again (XDG base directories, ~/Library/Caches, %LOCALAPPDATA%).
 */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** What the choice depends on; the real process by default. */
export interface DataFolderSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/**
 * @param dataDir what the user asked for; wins over the environment
 * @returns an absolute path; the folder need not exist
 */
export function dataFolder(dataDir?: string, surroundings?: DataFolderSurroundings): string {
  const { env, platform, home } = surroundings ?? {
    env: process.env,
    platform: process.platform,
    home: homedir(),
  };
  const said = dataDir ?? (env['STALEWART_DATA'] || undefined);
  return said === undefined ? cacheFolder(env, platform, home) : resolve(said);
}

function cacheFolder(env: DataFolderSurroundings['env'], platform: NodeJS.Platform, home: string): string {
  if (platform === 'darwin') {
    return join(home, 'Library', 'Caches', 'stalewart');
  }
  if (platform === 'win32') {
    return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'stalewart', 'Cache');
  }
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'stalewart');
}
