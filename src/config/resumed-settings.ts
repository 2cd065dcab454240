/**
 * The settings of a run that is gone on with: those in its `config.json`, and over them what was said now. What decides what the
 * run is (model, data, policy, workers, seed) cannot be said anew: it would be another run under the same name.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { configError, firstLineOf, shownValue, StalewartError } from '../errors.js';
import { parseExact } from '../telemetry/exact-json.js';
import { runPaths } from '../telemetry/run-files.js';
import type { KnownNames } from './cross-checks.js';
import type { Origin } from './origin.js';
import { resolveTrainConfig } from './resolve.js';
import type { RunMode } from './run-mode.js';
import { findSetting } from './settings.js';

/** When the run ends, how it is watched, what it is carried out with. Beside these: whatever only live runs have. */
const changeable = new Set([
  'rounds',
  'time',
  'targetAccuracy',
  'evalEvery',
  'evalEveryTime',
  'evalSamples',
  'threads',
  'dataDir',
  'checkpointEvery',
  'checkpoint',
  'resume',
  'json',
]);

/**
 * @param said any settings; returned as they are unless `resume` is among them
 * @throws StalewartError CONFIG: one line for each setting that cannot change; OUTPUT if there is no such run
 */
export function withResumedSettings(
  said: Readonly<Record<string, unknown>>,
  origin: Origin,
  own: Partial<KnownNames>,
  mode: RunMode,
): Readonly<Record<string, unknown>> {
  const { resume } = said;
  // What is no text is for the schema to refuse.
  if (typeof resume !== 'string' || resume === '') return said;
  const stored = storedSettings(resume, origin, mode);
  const { out, ...others } = said;
  if (typeof out === 'string' && out !== resume) {
    throw configError(origin.nameOf('out'), out, `left out: a resumed run goes on in ${resume}`);
  }
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  const was = new Map(Object.entries(resolveTrainConfig(stored, origin, own, mode)));
  const is = resolveTrainConfig({ ...stored, ...given }, origin, own, mode);
  const lines = Object.entries(is).flatMap(([name, value]) => {
    const before = was.get(name);
    if (mayChange(name) || isDeepStrictEqual(before, value)) return [];
    const now = `${origin.nameOf(name)} is ${shownValue(name in given ? given[name] : value)}`;
    return [`${now}: the run in ${resume} has ${shownValue(before)}, and a run that is resumed keeps it`];
  });
  if (lines.length > 0)
    throw new StalewartError('CONFIG', lines.join('\n'), { field: 'resume', value: resume });
  return { ...stored, ...given };
}

function mayChange(name: string): boolean {
  return changeable.has(name) || findSetting(name)?.only === 'live';
}

/** Those of the run's `config.json`, with its name. */
function storedSettings(directory: string, origin: Origin, mode: RunMode): Record<string, unknown> {
  const field = origin.nameOf('resume');
  const refuse = (why: string, cause?: unknown): StalewartError => {
    const allowed = 'the folder of a run with checkpoints';
    const message = `${field} is ${shownValue(directory)}: it must be ${allowed}, and ${why}`;
    return new StalewartError('OUTPUT', message, {
      field,
      value: directory,
      allowed,
      ...(cause === undefined ? {} : { cause }),
    });
  };
  let config: unknown;
  try {
    config = parseExact(readFileSync(runPaths(directory).config, 'utf8'));
  } catch (cause) {
    const isMissing =
      cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR');
    throw refuse(
      isMissing ? 'it has no config.json' : `its config.json cannot be read (${firstLineOf(cause)})`,
      cause,
    );
  }
  if (
    typeof config !== 'object' ||
    config === null ||
    !('runId' in config) ||
    typeof config.runId !== 'string'
  ) {
    throw refuse('its config.json is that of no run');
  }
  if ('mode' in config && config.mode !== mode) {
    const command = config.mode === 'simulated' ? 'simulate' : 'train';
    throw refuse(
      `this one ran in ${config.mode === 'simulated' ? 'simulated time' : 'real time'}: resume it with ${command}`,
    );
  }
  const settings = Object.entries(config).filter(
    ([name]) => findSetting(name) !== undefined && name !== 'resume' && name !== 'out',
  );
  return { ...Object.fromEntries(settings), run: config.runId };
}
