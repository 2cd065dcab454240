/** Whether there is a folder under a path, for places where only a file will do. */
import { existsSync, statSync } from 'node:fs';

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
