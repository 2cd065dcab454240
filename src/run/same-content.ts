/**
 * That a worker's process has the same model and the same data as its server: a module of the user's travels by name and
 * content hash only, never as code, and what it or a known name gives is compared by fingerprint.
 *
 * Invariant: a module is imported only if it lies below the folder that the user of the worker named, whatever a message says,
 * and only if its bytes have the hash that the server told.
 */
import { createHash } from 'node:crypto';
import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import type { Content } from '../../protocols/wire/lobby-messages.js';
import type { ModelInfo } from '../compute/compute.js';
import { isModelName } from '../compute/models/registry.js';
import { datasetNames } from '../config/known-names.js';
import type { Dataset, Split } from '../data/dataset.js';
import { isSynthetic } from '../data/synthetic.js';
import { StalewartError } from '../errors.js';

type What = 'model' | 'dataset';

/** Examples of each split whose inputs are looked at. */
const sampledExamples = 1024;

/** Whether the name alone says what it is. */
function isKnown(what: What, name: string): boolean {
  return what === 'model' ? isModelName(name) : datasetNames.includes(name) || isSynthetic(name);
}

/**
 * What the server tells of a model or data set.
 * @param source as configured: a name, or a path as seen from the working directory
 * @throws StalewartError CONFIG for a path that other processes cannot find, or a value that has none
 */
export async function describeContent(what: What, source: unknown, contentSha256: string): Promise<Content> {
  const mend = 'give a known name, or the path of a module below the working directory';
  if (typeof source !== 'string') {
    throw new StalewartError(
      'CONFIG',
      `${what} is a value of this program, which other processes cannot have: ${mend}`,
      { field: what },
    );
  }
  if (isKnown(what, source)) return { name: source, moduleSha256: null, contentSha256 };
  const name = relative(process.cwd(), resolve(source));
  if (name.startsWith('..') || isAbsolute(name)) {
    throw new StalewartError('CONFIG', `${what} is "${source}", which other processes cannot find: ${mend}`, {
      field: what,
      value: source,
    });
  }
  return { name: name.split(sep).join('/'), moduleSha256: await fileSha256(resolve(source)), contentSha256 };
}

/**
 * Where the process has what the server named: a known name, or the path of the module, whose bytes are the server's.
 * @param folder below which the user of this process keeps modules
 * @throws StalewartError DATA or MODEL in one line that names both hashes
 */
export async function findContent(
  what: What,
  { name, moduleSha256 }: Content,
  folder: string,
): Promise<string> {
  if (isKnown(what, name)) return name;
  const refuse = (problem: string): StalewartError =>
    new StalewartError(what === 'model' ? 'MODEL' : 'DATA', `${what} "${name}" ${problem}`, {
      field: what,
      value: name,
    });
  const root = await realpath(resolve(folder));
  const wanted = moduleSha256 === null ? '' : `, and the server's has SHA-256 ${moduleSha256}`;
  const mend = 'copy the file there, or name the folder that has it with --modules';
  const path = await realpath(resolve(root, name)).catch(() => null);
  if (path === null) throw refuse(`is not below ${root}${wanted}: ${mend}`);
  if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw refuse(`lies outside of ${root}, from where nothing is loaded: ${mend}`);
  }
  const found = await fileSha256(path);
  if (found === moduleSha256) return path;
  throw refuse(
    `differs: here it has SHA-256 ${found ?? '(a folder)'}, at the server ${moduleSha256 ?? '(a folder)'}: use the same file on both sides`,
  );
}

/** @throws StalewartError if what was made here is not what the server has */
export function assertSameContent(what: What, { name, contentSha256 }: Content, found: string): void {
  if (found === contentSha256) return;
  const why = isKnown(what, name)
    ? 'fetch it anew on the side that is wrong'
    : 'it must not depend on the machine';
  throw new StalewartError(
    what === 'model' ? 'MODEL' : 'DATA',
    `${what} "${name}" is not the server's: here its content has SHA-256 ${found}, there ${contentSha256}: ${why}`,
    { field: what, value: name },
  );
}

/** Shapes and kinds of all weights, in order: what both sides must agree on for a parameter vector to mean the same. */
export function modelSha256({ weights }: Pick<ModelInfo, 'weights'>): string {
  const shapes = weights.map(({ shape, trainable }) => [shape, trainable]);
  return createHash('sha256').update(JSON.stringify(shapes)).digest('hex');
}

/** Shape, sizes, normalisation, every label, and the inputs of up to 1,024 evenly spaced examples of each split. */
export function datasetSha256({ inputShape, classes, normalisation, train, test }: Dataset): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ inputShape, classes, normalisation, sizes: [train.size, test.size] }));
  for (const split of [train, test]) {
    hash.update(bytesOf(split.labels));
    const stride = Math.max(1, Math.floor(split.size / sampledExamples));
    for (let example = 0; example < split.size; example += stride) hash.update(inputsOf(split, example));
  }
  return hash.digest('hex');
}

function inputsOf({ inputs, size }: Split, example: number): Uint8Array {
  const length = inputs.length / size;
  return bytesOf(inputs.subarray(example * length, (example + 1) * length));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Null for a folder, whose content is compared once it is loaded. */
async function fileSha256(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) return null;
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}
