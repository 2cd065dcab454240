/** What `--help` and the docs need to know of a setting beyond its schema and its description. */
import { z } from 'zod';
import type { RunMode } from './run-mode.js';

/** Headings of `--help` and of docs/configuration.md, in this order. */
export const topics = ['Policy', 'Server', 'Training', 'Data', 'Fleet', 'Network', 'Run', 'Output'] as const;
export type Topic = (typeof topics)[number];

export interface SettingNotes {
  readonly topic: Topic;
  /** What stands for the value: `N`, `SECONDS`. Default: none, for a switch. */
  readonly value?: string;
  /** What it may be, where the schema cannot say it. */
  readonly allowed?: string;
  /** The default in words, where it depends on other settings or on the machine. */
  readonly default?: string;
  /** For a switch that is on by default: what its opposite does. */
  readonly off?: string;
  /** The only runs that it has a meaning for. Default: all. */
  readonly only?: RunMode;
}

/** Notes by schema. */
export const settingNotes = z.registry<SettingNotes>();
