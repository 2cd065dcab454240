/**
 * Reads the settings of a YAML file together with the lines on which they stand. Only the file's own syntax is checked
 * here; what the settings may be is the schema's matter.
 */
import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { StalewartError } from '../errors.js';
import type { FileOrigin } from './origin.js';

export interface ConfigFile extends FileOrigin {
  readonly values: Readonly<Record<string, unknown>>;
}

/** @throws StalewartError CONFIG if the file cannot be read, is not YAML, or holds anything but a map */
export function readConfigFile(file: string): ConfigFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const reason =
      cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
        ? 'there is no such file'
        : String(cause);
    throw new StalewartError('CONFIG', `the configuration file ${file} cannot be read: ${reason}`, { cause });
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, stringKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw new StalewartError('CONFIG', `${file}:${line} is not YAML: ${firstLine(error.message)}`, {
      cause: error,
    });
  }
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null))
    return { file, values: {}, lines: new Map() };
  if (!isMap(contents)) {
    throw new StalewartError('CONFIG', `${file} must hold a map of settings, such as "policy: abs"`);
  }
  const lines = new Map<string, number>();
  for (const { key } of contents.items) {
    if (isScalar(key) && key.range) lines.set(String(key.value), lineCounter.linePos(key.range[0]).line);
  }
  return { file, values: document.toJS() as Record<string, unknown>, lines };
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}
