/**
 * The flags of a command, made from the settings of the schema, and the settings that were given by flags. Values are
 * only turned from text into numbers here; what they may be is the schema's matter, so that a wrong value reads the same
 * wherever it was written.
 */
import { type Command, Option } from 'commander';
import { parseNumber } from '../config/parse-number.js';
import type { RunMode } from '../config/run-mode.js';
import { type Setting, settingsOf } from '../config/settings.js';
import { topics } from '../config/setting-notes.js';

/** Adds a flag per setting that has a meaning for such runs, under the headings of their topics. */
export function addSettingFlags(command: Command, mode: RunMode): Command {
  for (const topic of topics) {
    for (const setting of settingsOf(mode)) {
      if (setting.topic === topic) addFlag(command, setting);
    }
  }
  return command;
}

/** The settings that were given as flags, by their names. */
export function settingsFromFlags(command: Command, mode: RunMode): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const setting of settingsOf(mode)) {
    if (command.getOptionValueSource(setting.name) !== 'cli') continue;
    const text: unknown = command.getOptionValue(setting.name);
    given[setting.name] = typeof text === 'string' ? fromText(setting, text) : text;
  }
  return given;
}

function addFlag(command: Command, setting: Setting): void {
  const heading = `${setting.topic}:`;
  const text = helpText(setting);
  if (setting.kind !== 'boolean') {
    command.addOption(new Option(`${setting.flag} <${setting.value ?? 'VALUE'}>`, text).helpGroup(heading));
    return;
  }
  // A switch and its opposite, so that a flag can win over a file either way; help shows the one that changes something.
  const isOn = setting.default === 'true';
  const on = new Option(setting.flag, text).helpGroup(heading).hideHelp(isOn);
  const off = new Option(`--no-${setting.flag.slice(2)}`, setting.off).helpGroup(heading).hideHelp(!isOn);
  command.addOption(on).addOption(off);
}

function helpText(setting: Setting): string {
  if (setting.kind === 'boolean') return setting.description;
  const parts = [
    setting.kind === 'number' ? '' : setting.allowed,
    setting.default === undefined ? '' : `default: ${setting.default}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? setting.description : `${setting.description} (${parts.join('; ')})`;
}

function fromText(setting: Setting, text: string): unknown {
  if (setting.nullable && text === 'none') return null;
  return setting.kind === 'number' ? (parseNumber(text) ?? text) : text;
}
