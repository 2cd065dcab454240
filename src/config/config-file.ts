/**
 * Reads the settings of a YAML file together with the lines on which they stand. Only the file's own syntax is checked
 * here; what the settings may be is the schema's matter.
 */
import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Range } from 'yaml';
import { StalewartError, firstLineOf } from '../errors.js';
import type { FileOrigin } from './origin.js';

export interface ConfigFile extends FileOrigin {
  readonly values: Readonly<Record<string, unknown>>;
}

/** @throws StalewartError CONFIG if the file cannot be read, is not YAML, or holds anything but a map */
export function readConfigFile(file: string): ConfigFile {
  const text = readText(file);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  // The library's warnings (an unknown tag) are about values that would not be what the user meant.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line } = lineCounter.linePos(problem.pos[0]);
    if (problem.code === 'MULTIPLE_DOCS') {
      const message = `${file}:${line} begins a second document: the file must hold one`;
      throw new StalewartError('CONFIG', message);
    }
    throw notYaml(`${file}:${line}`, problem);
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { file, values: {}, lines: new Map() };
  }
  if (!isMap(contents)) {
    throw new StalewartError('CONFIG', `${file} must hold a map of settings, such as "policy: abs"`);
  }
  const lines = new Map<string, number>();
  addLines(contents, '', lines, lineCounter);
  try {
    return { file, values: { ...document.toJS() }, lines };
  } catch (cause) {
    throw notYaml(file, cause); // an alias without its anchor
  }
}

/** Of the keys, and of what lists hold: `compare[1].a`. */
function addLines(node: unknown, path: string, lines: Map<string, number>, counter: LineCounter): void {
  const add = (name: string, range: Range | null | undefined): void => {
    if (range) lines.set(name, counter.linePos(range[0]).line);
  };
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const name = path === '' ? String(key.value) : `${path}.${String(key.value)}`;
      add(name, key.range);
      addLines(value, name, lines, counter);
    }
  }
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      if (isNode(item)) add(`${path}[${index}]`, item.range);
      addLines(item, `${path}[${index}]`, lines, counter);
    }
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const isFolder = cause instanceof Error && 'code' in cause && cause.code === 'EISDIR';
    const reason = isMissing ? 'there is no such file' : isFolder ? 'it is a folder' : firstLineOf(cause);
    throw new StalewartError('CONFIG', `the configuration file ${file} cannot be read: ${reason}`, { cause });
  }
}

function notYaml(where: string, cause: unknown): StalewartError {
  return new StalewartError('CONFIG', `${where} is not valid YAML: ${firstLineOf(cause)}`, { cause });
}
