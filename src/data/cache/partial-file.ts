/**
 * Files that appear whole or not at all: written under a name that ends in `.partial`, renamed when complete. Each
 * writer has a name of its own, so two processes that fetch the same data set do no harm: the last rename wins, and
 * both files are the same. A killed process leaves a `.partial` file, which a later fetch removes.
 */

import { randomBytes } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../data-error.js';

/** A partial file not written to for this long belongs to nobody any more, in milliseconds. */
const abandonedAfter = 60 * 60 * 1000;

const suffix = '.partial';

/** A new name in `folder` for a file that is being written. */
export function partialName(folder: string, name: string): string {
  return join(folder, `${name}.${process.pid}.${randomBytes(4).toString('hex')}${suffix}`);
}

/**
 * Calls `write` with a partial name in the folder of `path`, then moves what it wrote to `path`. If `write` throws,
 * nothing stays behind.
 */
export async function writeWhole(
  folder: string,
  name: string,
  write: (partial: string) => Promise<void>,
): Promise<string> {
  const path = join(folder, name);
  const partial = partialName(folder, name);
  try {
    await write(partial);
    await replace(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

/** Windows refuses to replace a file that another process reads; that file is whole, so ours is not needed. */
async function replace(partial: string, path: string): Promise<void> {
  try {
    await rename(partial, path);
  } catch (error) {
    const inUse = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '');
    if (!inUse || !(await exists(path))) {
      throw error;
    }
  }
}

/** Removes what killed processes left in `folder`. */
export async function removeAbandoned(folder: string, now = Date.now()): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
  for (const path of names.map((name) => join(folder, name))) {
    const written = await stat(path).catch(() => undefined);
    if (written !== undefined && now - written.mtimeMs > abandonedAfter) {
      await rm(path, { force: true });
    }
  }
}

/** Whether there is anything at `path`. */
export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
