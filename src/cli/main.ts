#!/usr/bin/env node
/**
 * The program `stalewart`. It parses, dispatches and maps errors to exit codes; what a command needs is loaded when the
 * command runs, so that a wrong word is answered at once.
 */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { collectLessOften } from '../memory/collect-less-often.js';
import { wantsColour } from '../telemetry/terminal-colour.js';
import { dataCommand } from './data.js';
import { doctorCommand } from './doctor.js';
import { keysCommand } from './keys.js';
import { createProgram, type ProgramContext, runProgram } from './program.js';
import { reportCommand } from './report.js';
import { serverCommand } from './server.js';
import { type RunWork, workerCommand } from './worker.js';
import { type RunCompare, type RunTrain, simulateCommand, trainCommand } from './train.js';

collectLessOften();

const context: ProgramContext = {
  writeOut: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  colour: wantsColour(process.stdout),
  exitCode: 0,
};

const runTrain: RunTrain = async (request) => {
  const { runTrainCommand } = await import('./run-train.js');
  return runTrainCommand(request);
};

const runCompare: RunCompare = async (request) => {
  const { runCompareCommand } = await import('./run-compare.js');
  return runCompareCommand(request);
};

const runWork: RunWork = async (options) => {
  const { runWorkerCommand } = await import('./run-worker.js');
  return runWorkerCommand(options);
};

const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));

const commands = [
  trainCommand(context, runTrain),
  simulateCommand(context, runTrain, runCompare),
  serverCommand(context, runTrain),
  workerCommand(context, runWork),
  reportCommand(context),
  dataCommand(context),
  keysCommand(context),
  doctorCommand(context),
];
const program = createProgram(version, commands, context);
process.exitCode = await runProgram(program, process.argv.slice(2), context);
