/**
 * A folder that one process at a time works in. The lock is a file with the process's number; what a killed process left
 * behind is taken over, unless another process goes by its number by now: then the error says which file to remove.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { StalewartError } from '../errors.js';

/** Locks that this process holds. */
const held = new Set<string>();

/**
 * @param name of the file
 * @param field the setting that names the folder. Default: `out`
 * @returns what gives the folder back
 * @throws StalewartError OUTPUT if somebody works in it
 */
export async function lockFolder(
  directory: string,
  name: string,
  field = 'out',
): Promise<() => Promise<void>> {
  const file = resolve(join(directory, name));
  if (held.has(file)) throw inUse(field, directory, file, process.pid);
  held.add(file);
  const release = async (): Promise<void> => {
    held.delete(file);
    await rm(file, { force: true });
  };
  try {
    if (await createOwn(file)) return release;
    // Who takes over what a killed process left does so alone: two who find it at once must not both remove it.
    const takeover = `${file}.takeover`;
    if (!(await createOwn(takeover))) throw inUse(field, directory, takeover, await ownerOf(takeover));
    try {
      const owner = await ownerOf(file);
      // Without a number: it is being written at this moment, or was given back.
      if (owner === null || (owner !== process.pid && isAlive(owner))) {
        throw inUse(field, directory, file, owner);
      }
      await rm(file, { force: true });
      if (await createOwn(file)) return release;
      throw inUse(field, directory, file, await ownerOf(file));
    } finally {
      await rm(takeover, { force: true });
    }
  } catch (error) {
    held.delete(file);
    throw error;
  }
}

/** Whether it was not there. */
async function createOwn(file: string): Promise<boolean> {
  try {
    await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST') return false;
    throw cause;
  }
}

async function ownerOf(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^\d+\n$/.test(text) ? Number(text) : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // There is one, and it is somebody else's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function inUse(field: string, directory: string, file: string, pid: number | null): StalewartError {
  const who = pid === null ? 'another process' : `process ${pid}`;
  const message = `${field} is "${directory}": ${who} works in it; wait for it to end, or remove ${file} if that is another program`;
  return new StalewartError('OUTPUT', message, {
    field,
    value: directory,
    allowed: 'a folder of its own',
  });
}
