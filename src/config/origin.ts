/**
 * Where a setting was said, so that an error names it as the user wrote it: `--batch-size` on the command line,
 * `batchSize (job.yaml:3)` in a file, `batchSize` in the API.
 */
import { StalewartError } from '../errors.js';
import { findSetting, flagOf } from './settings.js';

export interface Origin {
  /** The setting as its user knows it. */
  nameOf(setting: string): string;
}

export const apiOrigin: Origin = { nameOf: (setting) => setting };

/** Lines of a file by the keys that stand on them. */
export interface FileOrigin {
  readonly file: string;
  readonly lines: ReadonlyMap<string, number>;
}

/** For the command line: flags win over the file; what neither said is named as the flag that could say it. */
export function commandLineOrigin(flags: ReadonlySet<string>, source: FileOrigin | null): Origin {
  return {
    nameOf(setting) {
      // A flag names policies alone: what is wrong with one of them is wrong with the flag.
      if (flags.has('compare') && setting.startsWith('compare[')) return flagOf('compare');
      const line = source?.lines.get(setting);
      // A list that was written as one text has one line.
      if (line === undefined && setting.startsWith('compare[')) return this.nameOf('compare');
      if (flags.has(setting) || source === null || line === undefined) return flagOf(setting);
      return `${setting} (${source.file}:${line})`;
    },
  };
}

/** An error that speaks of a setting by its plain name, in the words of its origin. */
export function inWordsOf(origin: Origin, error: StalewartError): StalewartError {
  const { field } = error;
  return field === undefined || findSetting(field) === undefined
    ? error
    : renamed(error, origin.nameOf(field));
}

/** The same error, whose field goes by this name. */
export function renamed(error: StalewartError, name: string): StalewartError {
  const { field, code, message, value, allowed, cause } = error;
  if (field === undefined) return error;
  if (!message.startsWith(`${field} `) && !message.startsWith(`${field}: `)) return error;
  return new StalewartError(code, name + message.slice(field.length), {
    field: name,
    value,
    ...(allowed === undefined ? {} : { allowed }),
    ...(cause === undefined ? {} : { cause }),
  });
}
