/**
 * The one form of every data error: one line that names the file or field, what is wrong, and the mend.
 */

import { StalewartError } from '../errors.js';

/**
 * A data set that is missing or broken: exit code 4.
 * @param where the file, folder or field
 * @param wrong what is wrong with it, e.g. "has 12 bytes, not 30730000"
 * @param mend what the user can do, a sentence without its full stop
 */
export function dataError(where: string, wrong: string, mend: string, cause?: unknown): StalewartError {
  return new StalewartError('DATA', `${where}: ${wrong}. ${mend}`, { field: where, cause });
}

/** What a disk or file system refuses with; never the network. */
const storageCodes = ['EACCES', 'EDQUOT', 'EEXIST', 'EIO', 'EISDIR', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'];

/** Whether the file system threw it. */
export function isStorageError(thrown: unknown): boolean {
  return storageCodes.includes(codeOf(thrown) ?? '');
}

/** The code of a system or npm error (`ENOENT`, `E404`), or undefined. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) {
    return undefined;
  }
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
