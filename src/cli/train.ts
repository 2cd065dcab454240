/**
 * `stalewart train [config.yaml]` and `stalewart simulate [config.yaml]`: put flags over the file over the defaults, check the
 * result, and hand it to the run. Whatever is wrong is said before anything heavy is loaded.
 */
import { Command } from 'commander';
import { readConfigFile } from '../config/config-file.js';
import { commandLineOrigin, inWordsOf, type Origin } from '../config/origin.js';
import { resolveTrainConfig, type TrainConfig } from '../config/resolve.js';
import type { RunMode } from '../config/run-mode.js';
import { unusedSettings } from '../config/unused-settings.js';
import { StalewartError } from '../errors.js';
import { exitCodesHelp } from './exit-codes-help.js';
import { addSettingFlags, settingsFromFlags } from './flags.js';
import type { ProgramContext } from './program.js';

/** What is to be run. */
export interface TrainRequest {
  readonly mode: RunMode;
  readonly config: TrainConfig;
  /** Lines to be shown before the run: settings without effect. */
  readonly warnings: readonly string[];
  /** How errors name a setting. */
  readonly origin: Origin;
}

/** @returns the exit code. A StalewartError that it throws is shown in the words of `origin`. */
export type RunTrain = (request: TrainRequest) => Promise<number>;

export function trainCommand(context: ProgramContext, runTrain: RunTrain): Command {
  return runCommand('live', context, runTrain)
    .name('train')
    .summary('train a network live on unequal workers')
    .description(
      'Train a network on unequal workers in this process. Settings are taken from the flags, then from the file, ' +
        'then from the defaults below. docs/configuration.md explains each one.',
    );
}

export function simulateCommand(context: ProgramContext, runTrain: RunTrain): Command {
  return runCommand('simulated', context, runTrain)
    .name('simulate')
    .summary('the same run in simulated time')
    .description(
      'Train a network in simulated time: the same round engine, policies, model and data as train, real gradients, but ' +
        'workers take the times that a law draws. The outcome depends on the settings alone, not on this machine. Settings ' +
        'of a live run in the file are passed over.',
    );
}

function runCommand(mode: RunMode, context: ProgramContext, runTrain: RunTrain): Command {
  const command = new Command().argument(
    '[config.yaml]',
    'file of settings; its keys are the flags in camelCase',
  );
  addSettingFlags(command, mode).addHelpText('after', exitCodesHelp);
  return command.action(async (file: string | undefined) => {
    const request = trainRequest(mode, settingsFromFlags(command, mode), file);
    try {
      context.exitCode = await runTrain(request);
    } catch (error) {
      throw error instanceof StalewartError ? inWordsOf(request.origin, error) : error;
    }
  });
}

/** @throws StalewartError CONFIG */
function trainRequest(mode: RunMode, flags: Readonly<Record<string, unknown>>, file?: string): TrainRequest {
  const source = file === undefined ? null : readConfigFile(file);
  const origin = commandLineOrigin(new Set(Object.keys(flags)), source);
  const said = { ...source?.values, ...flags };
  const config = resolveTrainConfig(said, origin, {}, mode);
  return { mode, config, origin, warnings: unusedSettings(said, config, origin, undefined, mode) };
}
