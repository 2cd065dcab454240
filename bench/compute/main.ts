/**
 * How fast computing is, beside the targets: training steps, threads, tasks, evaluation and memory, against PyTorch where
 * it has the same. `npm run bench:compute -- --help` tells what can be asked.
 */
import { availableParallelism, cpus } from 'node:os';
import { findTorches } from '../peers/find-torch.js';
import { measureEvaluation } from './evaluation.js';
import { type Figure, printFigures } from './figures.js';
import { measureMemory } from './memory.js';
import { readOptions } from './options.js';
import { measureOverhead, measureThreads } from './pool-figures.js';
import { measureSteps } from './training-steps.js';
import { printWhereTimeGoes } from './where-time-goes.js';

const { parts, models, slices, pythons } = readOptions();
const { torches, missing } = findTorches(pythons);
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}; medians of ${slices} slices that alternate`,
);
for (const line of missing) console.log(line);

/** Slices of the pool are longer than those of steps. */
const poolSlices = Math.ceil(slices / 2);
const figures: Figure[] = [];
if (parts.includes('steps')) {
  for (const model of models) figures.push(...(await measureSteps(model, torches, slices)));
}
if (parts.includes('threads')) {
  if (availableParallelism() < 2) console.log('two threads ÷ one: there is one core only');
  else figures.push(await measureThreads(poolSlices));
}
if (parts.includes('overhead')) figures.push(await measureOverhead(poolSlices));
if (parts.includes('evaluation')) figures.push(...(await measureEvaluation(torches, poolSlices)));
if (parts.includes('memory')) figures.push(...(await measureMemory()));
if (parts.includes('kernels')) await printWhereTimeGoes();
if (figures.length > 0) {
  const [first, ...others] = torches.map(({ version }) => `PyTorch ${version}`);
  printFigures(figures, [`measured, ${first ?? 'no PyTorch'}`, ...others]);
}
