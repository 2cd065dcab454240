/**
 * Names of models and data sets: which are built in, and whether a name or path may stand. Nothing of what they name is
 * loaded.
 */
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { modelNames } from '../compute/models/registry.js';
import { isSynthetic, parseSynthetic } from '../data/synthetic.js';
import { StalewartError } from '../errors.js';
import { isFolder } from '../files/is-folder.js';
import { didYouMean } from './did-you-mean.js';

/** The data sets that the data folder knows, listed here because its own list loads what decodes them. */
export const datasetNames: readonly string[] = ['cifar10', 'cifar100', 'mnist', 'fashion-mnist', 'synthetic'];

export const modelForms = `one of ${modelNames.join(', ')}, or the path of a module that exports createModel`;

export const datasetForms = `one of ${datasetNames.join(', ')}, synthetic:SETTINGS, or the path of a module or folder`;

/** What a model must be, if this is none; else null. */
export function refusedModel(name: string, own: readonly string[] = []): string | null {
  const names = [...modelNames, ...own];
  if (!names.includes(name) && isFolder(name)) return `${modelForms}, and it is a folder`;
  const problem = nameProblem(name, names);
  return problem === null ? null : modelForms + problem;
}

/** What a data set must be, if this is none; else null. */
export function refusedDataset(name: string, own: readonly string[] = []): string | null {
  if (isSynthetic(name)) return syntheticProblem(name);
  const problem = nameProblem(name, [...datasetNames, ...own]);
  return problem === null ? null : datasetForms + problem;
}

function nameProblem(name: string, names: readonly string[]): string | null {
  if (names.includes(name) || existsSync(name)) return null;
  const looksLikePath = /[/\\]/.test(name) || extname(name) !== '';
  return looksLikePath ? ', and there is no such file' : didYouMean(name, names);
}

function syntheticProblem(source: string): string | null {
  try {
    parseSynthetic(source);
    return null;
  } catch (error) {
    if (!(error instanceof StalewartError)) throw error;
    return error.allowed ?? error.message;
  }
}
