/**
 * `stalewart train [config.yaml]`: puts flags over the file over the defaults, checks the result, and hands it to the
 * run. Whatever is wrong is said before anything heavy is loaded.
 */
import { Command } from 'commander';
import { readConfigFile } from '../config/config-file.js';
import { commandLineOrigin, inWordsOf, type Origin } from '../config/origin.js';
import { resolveTrainConfig, type TrainConfig } from '../config/resolve.js';
import { unusedSettings } from '../config/unused-settings.js';
import { StalewartError } from '../errors.js';
import { exitCodesHelp } from './exit-codes-help.js';
import { addSettingFlags, settingsFromFlags } from './flags.js';
import type { ProgramContext } from './program.js';

/** What carries out a live run. */
export interface TrainRequest {
  readonly config: TrainConfig;
  /** Lines to be shown before the run: settings without effect. */
  readonly warnings: readonly string[];
  /** How errors name a setting. */
  readonly origin: Origin;
}

/** @returns the exit code. A StalewartError that it throws is shown in the words of `origin`. */
export type RunTrain = (request: TrainRequest) => Promise<number>;

export function trainCommand(context: ProgramContext, runTrain: RunTrain): Command {
  const command = new Command('train')
    .summary('train a network live on unequal workers')
    .description(
      'Train a network on unequal workers in this process. Settings are taken from the flags, then from the file, ' +
        'then from the defaults below. docs/configuration.md explains each one.',
    )
    .argument('[config.yaml]', 'file of settings; its keys are the flags in camelCase');
  addSettingFlags(command).addHelpText('after', exitCodesHelp);
  return command.action(async (file: string | undefined) => {
    const request = trainRequest(settingsFromFlags(command), file);
    try {
      context.exitCode = await runTrain(request);
    } catch (error) {
      throw error instanceof StalewartError ? inWordsOf(request.origin, error) : error;
    }
  });
}

/** @throws StalewartError CONFIG */
export function trainRequest(flags: Readonly<Record<string, unknown>>, file?: string): TrainRequest {
  const source = file === undefined ? null : readConfigFile(file);
  const origin = commandLineOrigin(new Set(Object.keys(flags)), source);
  const said = { ...source?.values, ...flags };
  const config = resolveTrainConfig(said, origin);
  return { config, origin, warnings: unusedSettings(said, config, origin) };
}
