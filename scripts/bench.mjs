#!/usr/bin/env node
/**
 * Runs a bench: `node scripts/bench.mjs compute/main --help` runs dist/bench/compute/main.js. It builds first where sources
 * are newer than what is built, and shows what that prints only if it fails; for help, whatever is built will do.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const sources = ['actors', 'bench', 'protocols', 'src', 'test', 'package.json', 'tsconfig.json'];
/** What `npm run build` makes last. */
const lastBuilt = join(root, 'dist/src/compute/plan/plan.wasm');

function* filesOf(path) {
  if (statSync(path).isFile()) return yield path;
  for (const name of readdirSync(path)) yield* filesOf(join(path, name));
}

function isUpToDate() {
  if (!existsSync(lastBuilt)) return false;
  const builtAt = statSync(lastBuilt).mtimeMs;
  for (const source of sources) {
    for (const file of filesOf(join(root, source))) if (statSync(file).mtimeMs > builtAt) return false;
  }
  return true;
}

function build() {
  process.stderr.write('building …\n');
  const options = { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' };
  const { status, stdout, stderr, error } = spawnSync('npm', ['run', 'build'], options);
  if (status === 0) return;
  process.stderr.write(
    `${stdout ?? ''}${stderr ?? ''}the build failed${error ? `: ${error.message}` : ''}\n`,
  );
  process.exit(1);
}

const [name = '', ...words] = process.argv.slice(2);
const program = join(root, 'dist/bench', `${name}.js`);
if (!existsSync(join(root, 'bench', `${name}.ts`))) {
  process.stderr.write(`error: there is no bench "${name}"\n`);
  process.exit(2);
}
const onlyHelp = words.some((word) => word === '--help' || word === '-h') && existsSync(program);
if (!onlyHelp && !isUpToDate()) build();
process.argv = [process.argv[0], program, ...words];
await import(pathToFileURL(program).href);
