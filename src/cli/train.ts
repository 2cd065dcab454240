/**
 * `stalewart train [config.yaml]` and `stalewart simulate [config.yaml]`: put flags over the file over the defaults, check the
 * result, and hand it to the run. Whatever is wrong is said before anything heavy is loaded.
 */
import { Command } from 'commander';
import { readConfigFile } from '../config/config-file.js';
import { commandLineOrigin, inWordsOf, type Origin } from '../config/origin.js';
import { resolveTrainConfig, type TrainConfig } from '../config/resolve.js';
import type { RunMode } from '../config/run-mode.js';
import { withResumedSettings } from '../config/resumed-settings.js';
import { isOfComparison } from '../config/settings.js';
import { unusedSettings } from '../config/unused-settings.js';
import { StalewartError } from '../errors.js';
import { type ResolvedComparison, resolveCompareOptions } from '../run/compare-options.js';
import { mayDiffer } from '../run/compare-settings.js';
import { exitCodesHelp } from './exit-codes-help.js';
import { addSettingFlags, settingsFromFlags } from './flags.js';
import type { ProgramContext } from './program.js';

export type Role = 'train' | 'server';

/** What is to be run. */
export interface TrainRequest {
  readonly mode: RunMode;
  /** `server`: its workers are started elsewhere. */
  readonly role: Role;
  readonly config: TrainConfig;
  /** Lines to be shown before the run: settings without effect. */
  readonly warnings: readonly string[];
  /** How errors name a setting. */
  readonly origin: Origin;
}

/** What is to be compared. */
export interface CompareRequest {
  readonly comparison: ResolvedComparison;
  /** Print `comparison.json` on standard output. */
  readonly json: boolean;
  readonly origin: Origin;
}

/** @returns the exit code. A StalewartError that it throws is shown in the words of `origin`. */
export type RunTrain = (request: TrainRequest) => Promise<number>;
export type RunCompare = (request: CompareRequest) => Promise<number>;

export function trainCommand(context: ProgramContext, runTrain: RunTrain): Command {
  return runCommand({ mode: 'live', role: 'train', context, runTrain })
    .name('train')
    .summary('train a network live on unequal workers')
    .description(
      'Train a network on unequal workers in this process. Settings are taken from the flags, then from the file, ' +
        'then from the defaults below. docs/configuration.md explains each one.',
    );
}

export function simulateCommand(
  context: ProgramContext,
  runTrain: RunTrain,
  runCompare: RunCompare,
): Command {
  return runCommand({ mode: 'simulated', role: 'train', context, runTrain, runCompare })
    .name('simulate')
    .summary('the same run in simulated time')
    .description(
      'Train a network in simulated time: the same round engine, policies, model and data as train, real gradients, but ' +
        'workers take the times that a law draws. The outcome depends on the settings alone, not on this machine. Settings ' +
        'of a live run in the file are passed over. With --compare or --seeds, many runs; the same command goes on after ' +
        'an interruption. docs/comparing.md tells more.',
    );
}

interface RunCommandOptions {
  readonly mode: RunMode;
  readonly role: Role;
  readonly context: ProgramContext;
  readonly runTrain: RunTrain;
  /** Default: such runs are not compared. */
  readonly runCompare?: RunCompare;
}

/** A command that takes the settings of a run, as flags and from a file. */
export function runCommand({ mode, role, context, runTrain, runCompare }: RunCommandOptions): Command {
  const command = new Command().argument(
    '[config.yaml]',
    'file of settings; its keys are the flags in camelCase',
  );
  addSettingFlags(command, mode).addHelpText('after', exitCodesHelp);
  return command.action(async (file: string | undefined) => {
    const given = givenSettings(settingsFromFlags(command, mode), file);
    try {
      context.exitCode =
        runCompare !== undefined && asksForComparison(given.said)
          ? await runCompare(compareRequest(given))
          : await runTrain(trainRequest(mode, role, given));
    } catch (error) {
      throw error instanceof StalewartError ? inWordsOf(given.origin, error) : error;
    }
  });
}

/** Flags over the file. */
interface Given {
  readonly said: Readonly<Record<string, unknown>>;
  readonly origin: Origin;
}

/** @throws StalewartError CONFIG */
function givenSettings(flags: Readonly<Record<string, unknown>>, file?: string): Given {
  const source = file === undefined ? null : readConfigFile(file);
  return {
    said: { ...source?.values, ...flags },
    origin: commandLineOrigin(new Set(Object.keys(flags)), source),
  };
}

/** @throws StalewartError CONFIG */
function trainRequest(mode: RunMode, role: Role, { said, origin }: Given): TrainRequest {
  const ofRun = Object.fromEntries(Object.entries(said).filter(([name]) => !isOfComparison(name)));
  const config = resolveTrainConfig(withResumedSettings(ofRun, origin, {}, mode), origin, {}, mode);
  // What was switched off is not passed over.
  const heeded = asksForComparison(said) ? said : ofRun;
  return { mode, role, config, origin, warnings: unusedSettings(heeded, config, origin, undefined, mode) };
}

function asksForComparison({ compare, seeds }: Readonly<Record<string, unknown>>): boolean {
  return (compare !== undefined && compare !== null) || (seeds !== undefined && seeds !== null);
}

/** @throws StalewartError CONFIG */
function compareRequest({ said, origin }: Given): CompareRequest {
  // What is common to all is checked by itself first; in a file it may be anything.
  const common = Object.entries(said).filter(([name]) => !mayDiffer(name) && !isOfComparison(name));
  resolveTrainConfig(Object.fromEntries(common), origin, {}, 'simulated');
  const comparison = resolveCompareOptions(said, origin);
  return { comparison, json: said['json'] === true, origin };
}
