/**
 * The study: the figures of the ABS paper (arXiv 2301.08895) in simulated time, with real gradients on CIFAR-10, and what of its
 * claims they bear out. Settings are chosen on one set of seeds and reported on another. It may be broken off: the same command
 * goes on.
 *
 *   npm run study              under an hour on two cores; writes docs/study.md and docs/study/
 *   npm run study -- --quick   ten minutes; shorter runs, fewer laws; writes into runs/study-quick/ only
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compare, type CompareOptions, report } from '../../src/index.js';
import { exitCodes } from '../../src/errors.js';
import { collectLessOften } from '../../src/memory/collect-less-often.js';
import type { ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { benchCommand } from '../command-line.js';
import { candidates, choose, type Choice, entryOf, settingsOf } from './choose.js';
import { common, type Effort, type Experiment, fullEffort, type Law, quickEffort } from './design.js';
import { chooseThresholdRate, thresholdComparison } from './thresholds.js';
import { lastWaitCounts } from './wait-counts.js';
import { type Finding, writeStudy } from './write-up.js';

collectLessOften();

const command = benchCommand(
  'study',
  'The figures of the ABS paper in simulated time, and what of its claims holds.',
);
command.option('--quick', 'shorter runs and fewer laws: ten minutes instead of an hour');
command.option(
  '--out <DIR>',
  'where runs, figures and page are written; default: runs/study or runs/study-quick',
);
const { quick = false, out = quick ? 'runs/study-quick' : 'runs/study' } = command
  .parse()
  .opts<{ readonly quick?: boolean; readonly out?: string }>();
const effort: Effort = quick ? quickEffort : fullEffort;
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Makes what is not there yet, and tells each run that ends. */
async function run(title: string, options: CompareOptions): Promise<ComparisonRecord> {
  const comparison = compare(options);
  const { runs, kept } = await comparison.ready;
  console.log(`${title}: ${runs} runs${kept === 0 ? '' : `, ${kept} there already`}`);
  comparison.notices$.subscribe(({ level, message }) => {
    if (level === 'warn' || level === 'error') console.error(`${level}: ${message}`);
  });
  comparison.ended$.subscribe(({ number, name, seed, kept: old, status, failure, summary }) => {
    if (old) return;
    const accuracy = summary?.finalAccuracy?.toFixed(4) ?? status;
    const seconds = summary === null ? '' : ` in ${summary.wallSeconds.toFixed(1)} s`;
    console.log(`  ${number} of ${runs}: ${name}, seed ${seed}: ${failure ?? accuracy}${seconds}`);
  });
  const { status, record } = await comparison.done;
  if (status === 'stopped') process.exit(exitCodes.stopped);
  return record;
}

async function oneLaw(experiment: Experiment, law: Law): Promise<Finding> {
  const title = `${experiment.title}, ${law.title}`;
  const name = `${experiment.name}-${law.name}`;
  const all = candidates(experiment, effort);
  console.log(`${title}: choosing among ${all.length} settings on seeds ${effort.choosingSeeds.join(', ')}`);
  const chosen = await choose(experiment, law, effort, all, join(out, 'choosing', name));
  const folder = join(out, name);
  const record = await run(title, {
    ...settingsOf(experiment, law, effort),
    compare: chosen.map((choice) => entryOf(choice, choice.policy)),
    seeds: effort.seeds,
    out: folder,
  });
  return { name, title, record, chosen, ...(await seen(folder, record)) };
}

/** What the files of the runs hold beside the comparison's own. */
async function seen(
  folder: string,
  record: ComparisonRecord,
): Promise<Pick<Finding, 'figures' | 'lastWaitCounts'>> {
  const { figures } = await report([folder]);
  return { figures, lastWaitCounts: await lastWaitCounts(folder, record) };
}

await mkdir(out, { recursive: true });
const began = performance.now();
const findings: Finding[] = [];
const thresholdRate = await chooseThresholdRate(effort, join(out, 'choosing', 'fig1'), run);
for (const law of effort.thresholdFleet.laws) {
  const folder = join(out, `fig1-${law.name}`);
  const title = `Figure 1: 8 workers, K = 1, ${law.title}`;
  const record = await run(title, {
    ...thresholdComparison(effort, law, thresholdRate),
    seeds: effort.seeds,
    out: folder,
  });
  const chosen: readonly Choice[] = [{ policy: 'abs', learningRate: thresholdRate, a: null }];
  findings.push({ name: `fig1-${law.name}`, title, record, chosen, ...(await seen(folder, record)) });
}
for (const experiment of effort.experiments) {
  for (const law of experiment.laws) findings.push(await oneLaw(experiment, law));
}
const minutes = (performance.now() - began) / 60_000;
const page = await writeStudy({
  findings,
  effort,
  quick,
  out,
  docs: quick ? null : join(root, 'docs'),
  common,
});
console.log(`${page} written; ${minutes.toFixed(1)} minutes for what was not there yet`);
