/**
 * The names inside a run directory. They stay put: scripts and later commands (`replay`, `report`, `--resume`) look for
 * them.
 */
import { join } from 'node:path';

export const runFileNames = {
  config: 'config.json',
  journal: 'journal.jsonl',
  rounds: 'rounds.csv',
  evaluations: 'evaluations.csv',
  summary: 'summary.json',
  log: 'log.jsonl',
  model: 'model',
  checkpoints: 'checkpoints',
  figures: 'figures',
} as const;

export type RunFile = keyof typeof runFileNames;

/** Where everything of one run lies. */
export type RunPaths = Readonly<Record<RunFile, string>> & { readonly directory: string };

export function runPaths(directory: string): RunPaths {
  const at = (file: RunFile): string => join(directory, runFileNames[file]);
  return {
    directory,
    config: at('config'),
    journal: at('journal'),
    rounds: at('rounds'),
    evaluations: at('evaluations'),
    summary: at('summary'),
    log: at('log'),
    model: at('model'),
    checkpoints: at('checkpoints'),
    figures: at('figures'),
  };
}
