/**
 * Checkpoints as files of one folder. Each is written under a temporary name, synchronised to disk and renamed, and then the
 * folder is synchronised: whenever the machine stops, a name leads to a whole file. What damages a file later is found out when
 * it is read.
 */
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolders } from '../files/make-folders.js';
import { oneLineOf, StalewartError } from '../errors.js';
import {
  type CheckpointStore,
  keptCheckpoints,
  newestFirst,
  type StoredCheckpoint,
} from './checkpoint-store.js';

const nameForm = /^version-(\d{1,15})\.epoch-(\d{1,15})\.checkpoint$/;
const temporaryName = 'next.checkpoint.tmp';
const setAsideSuffix = '.damaged';

/** Writes the whole file and synchronises it to disk. */
export type WriteFile = (path: string, bytes: Uint8Array) => Promise<void>;

/**
 * The folder is made with the first checkpoint.
 * @param write default: on disk
 */
export function createDirectoryStore(directory: string, write: WriteFile = writeSynced): CheckpointStore {
  const file = (name: string): string => join(directory, name);
  let saving: Promise<unknown> = Promise.resolve();

  const list = async (): Promise<StoredCheckpoint[]> => {
    let names: string[];
    try {
      names = await readdir(directory);
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw cannotRead(directory, cause);
    }
    return names.flatMap(parsedName).sort(newestFirst);
  };

  const save = async (bytes: Uint8Array, at: Omit<StoredCheckpoint, 'name'>): Promise<void> => {
    const path = file(nameOf(at));
    const temporary = file(temporaryName);
    try {
      await makeFolders(directory);
      await write(temporary, bytes);
      await rename(temporary, path);
      await syncFolder(directory);
    } catch (cause) {
      // What fills the disk is of no use to anybody.
      await rm(temporary, { force: true }).catch(() => undefined);
      const message = `the checkpoint of version ${at.version} cannot be written to ${directory} (${oneLineOf(cause)})`;
      throw new StalewartError('WRITE', message, { value: path, cause });
    }
    // One too many harms nobody: it goes with the next.
    const old = (await list().catch(() => [])).slice(keptCheckpoints);
    await Promise.all(old.map(({ name }) => rm(file(name), { force: true }).catch(() => undefined)));
  };

  return {
    place: directory,
    save(bytes, at) {
      const done = saving.then(() => save(bytes, at));
      saving = done.catch(() => undefined);
      return done;
    },
    list,
    async read(name) {
      try {
        return await readFile(file(name));
      } catch (cause) {
        if (isMissing(cause)) return null;
        throw cannotRead(file(name), cause);
      }
    },
    async setAside(name) {
      await rename(file(name), file(`${name}${setAsideSuffix}`)).catch((cause: unknown) => {
        if (!isMissing(cause)) throw cannotRead(file(name), cause);
      });
    },
    async close() {
      await saving;
    },
  };
}

function nameOf({ version, epoch }: Omit<StoredCheckpoint, 'name'>): string {
  return `version-${version}.epoch-${epoch}.checkpoint`;
}

/** Nothing for whatever else lies in the folder. */
function parsedName(name: string): StoredCheckpoint[] {
  const [, version, epoch] = nameForm.exec(name) ?? [];
  return version === undefined ? [] : [{ name, version: Number(version), epoch: Number(epoch) }];
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** So that the new name is on disk too. Systems that cannot open a folder (Windows) need not. */
async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => null);
  try {
    await handle?.sync().catch((cause: unknown) => {
      if (!(cause instanceof Error && 'code' in cause && cause.code === 'EPERM')) throw cause;
    });
  } finally {
    await handle?.close();
  }
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');

function cannotRead(path: string, cause: unknown): StalewartError {
  return new StalewartError('OUTPUT', `${path} cannot be read (${oneLineOf(cause)})`, { value: path, cause });
}
