/**
 * A small project in a temporary folder, under the configuration of this one: for tests that a check of the toolchain
 * does find what it is there to find.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root, as seen from dist/test/support/. */
const root = fileURLToPath(new URL('../../../', import.meta.url));

export interface CheckedTree {
  readonly folder: string;
  /** Runs a tool of node_modules/.bin in the folder; gives back what it wrote to standard output. */
  readonly run: (tool: string, ...options: string[]) => Promise<string>;
  readonly remove: () => Promise<void>;
}

/** @param sources contents by path @param configuration files to take over from the repository's root */
export async function createCheckedTree(
  sources: Readonly<Record<string, string>>,
  configuration: readonly string[],
): Promise<CheckedTree> {
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-tree-'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  for (const file of configuration) await cp(join(root, file), join(folder, file));
  for (const [path, source] of Object.entries(sources)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), source);
  }
  return {
    folder,
    run: async (tool, ...options) => {
      const child = spawn(join(root, 'node_modules/.bin', tool), options, {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'inherit'],
        shell: process.platform === 'win32',
      });
      let output = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      await once(child, 'close');
      return output;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
