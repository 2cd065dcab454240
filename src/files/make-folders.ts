import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes the folder and those above it; answers with the topmost one that had to be made. Node's own recursive `mkdir`
 * never returns where a folder cannot be made for a reason it does not expect (below /proc, below a dangling link).
 */
export async function makeFolders(directory: string): Promise<string | undefined> {
  const missing: string[] = [];
  let folder = resolve(directory);
  while (!existsSync(folder)) {
    missing.unshift(folder);
    folder = dirname(folder);
  }
  for (const path of missing) {
    await mkdir(path).catch((cause: unknown) => {
      // Somebody else was quicker.
      if (!existsSync(path)) throw cause;
    });
  }
  return missing[0];
}
