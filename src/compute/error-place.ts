/**
 * Where in a user's module an error arose, as far as Node knows: the topmost line of the stack that is neither Node's, nor
 * of a package, nor ours. Node keeps the line of a syntax error in a module to itself, so there `node --check` is asked.
 */
import { spawnSync } from 'node:child_process';
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of a file that cannot be parsed the first line of the stack is its place alone. */
const bare = /^((?:file:\/\/|\/|[A-Za-z]:\\).*):(\d+)$/;
const frame = /^\s+at (?:.* \()?((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+)(?::\d+)?\)?$/;

/** From here on downwards the stack is ours. */
const ours = /[/\\]compute[/\\]load-model\.[jt]s\b/;

/**
 * @param path of the module that was imported
 * @returns ` (FILE:LINE)`, relative to the working folder where the file is in it; empty if it is not known
 */
export function placeOf(thrown: unknown, path: string): string {
  if (!(thrown instanceof Error)) return '';
  const found = inStack(thrown.stack ?? '') ?? (thrown instanceof SyntaxError ? inSource(path) : null);
  return found === null ? '' : ` (${shownPath(found.file)}:${found.line})`;
}

interface Place {
  /** URL or path. */
  readonly file: string;
  readonly line: string;
}

function inStack(stack: string): Place | null {
  const lines = stack.split('\n');
  const first = placeIn(bare, lines[0]);
  if (first !== null) return first;
  for (const line of lines) {
    if (ours.test(line)) return null;
    const place = placeIn(frame, line);
    if (place !== null && !/[/\\]node_modules[/\\]/.test(place.file)) return place;
  }
  return null;
}

function inSource(path: string): Place | null {
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8', timeout: 10_000 });
  return placeIn(bare, stderr.split('\n')[0]);
}

function placeIn(pattern: RegExp, line = ''): Place | null {
  const [, file, number] = pattern.exec(line) ?? [];
  return file === undefined || number === undefined ? null : { file, line: number };
}

function shownPath(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const near = relative(process.cwd(), path);
  return near.startsWith('..') || isAbsolute(near) ? path : near;
}
