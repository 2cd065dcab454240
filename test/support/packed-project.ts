/**
 * A project of a user's, as `npm pack` and `npm install` of the package leave it: what would be published lies in its
 * node_modules, and beside it, once, the packages that it depends on. Nothing is fetched: those are the ones of this clone.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tar from 'tar';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
});
type Manifest = z.infer<typeof manifestSchema>;

export async function readManifest(): Promise<Manifest> {
  return manifestSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
}

export interface PackedProject {
  readonly folder: string;
  /** The program that `npx stalewart` runs there. */
  readonly program: string;
  remove(): Promise<void>;
}

/** Packs what is built. */
export async function makePackedProject(): Promise<PackedProject> {
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-project-'));
  const { name, version, dependencies, optionalDependencies } = await readManifest();
  const installed = join(folder, 'node_modules', name);
  await mkdir(installed, { recursive: true });
  await promisify(execFile)('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    shell: process.platform === 'win32', // where npm is a batch file
  });
  await tar.extract({ file: join(folder, `${name}-${version}.tgz`), cwd: installed, strip: 1 });
  for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const [here, there] = [root, folder].map((project) => join(project, 'node_modules', dependency));
    if (here === undefined || there === undefined || !existsSync(here)) continue; // an optional one
    await mkdir(dirname(there), { recursive: true });
    await symlink(here, there, 'junction');
  }
  return {
    folder,
    program: join(installed, 'dist/src/cli/main.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
