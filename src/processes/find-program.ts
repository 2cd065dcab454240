/** Where a program is that this machine may have: named by an environment variable, on the search path, or where packages put it. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders of packages that are not on every user's path (as /usr/sbin on Debian). */
const usualFolders = ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/bin'];

/** @returns its path; null: it is not there */
export function findNatsServer(env: Readonly<Record<string, string | undefined>>): string | null {
  const named = env['STALEWART_NATS_SERVER'];
  const program = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server';
  const folders = [...(env['PATH'] ?? '').split(delimiter), ...usualFolders].filter(
    (folder) => folder !== '',
  );
  const candidates =
    named === undefined || named === '' ? folders.map((folder) => join(folder, program)) : [named];
  return candidates.find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
