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
 * @returns what gives the folder back
 * @throws StalewartError OUTPUT if somebody works in it
 */
export async function lockFolder(directory: string, name: string): Promise<() => Promise<void>> {
  const file = resolve(join(directory, name));
  for (;;) {
    if (held.has(file)) throw inUse(directory, file, process.pid);
    try {
      await writeFile(file, `${process.pid}\n`, { flag: 'wx' });
      held.add(file);
      return async () => {
        held.delete(file);
        await rm(file, { force: true });
      };
    } catch (cause) {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
    }
    const owner = await ownerOf(file);
    // Without a number: it is being written at this moment.
    if (owner === null || (owner !== process.pid && isAlive(owner))) throw inUse(directory, file, owner);
    await rm(file, { force: true });
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

function inUse(directory: string, file: string, pid: number | null): StalewartError {
  const who = pid === null ? 'another process' : `process ${pid}`;
  const message = `out is "${directory}": ${who} works in it; wait for it to end, or remove ${file} if that is another program`;
  return new StalewartError('OUTPUT', message, {
    field: 'out',
    value: directory,
    allowed: 'a folder of its own',
  });
}
