/**
 * Writes the study down: settings, tables, figures and verdicts, all from the runs' own files. Nothing in it is written by hand
 * but what the words mean.
 */
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Report } from '../../src/report/report.js';
import type { ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { compareWith, measures, type Verdict } from './claims.js';
import type { Choice } from './choose.js';
import type { common as commonSettings, Effort } from './design.js';
import { resultTables } from './tables.js';
import type { LastWaitCounts } from './wait-counts.js';

/** One comparison of the study. */
export interface Finding {
  /** `fig2-exponential`. */
  readonly name: string;
  readonly title: string;
  readonly record: ComparisonRecord;
  readonly chosen: readonly Choice[];
  readonly figures: Report['figures'];
  readonly lastWaitCounts: LastWaitCounts;
}

export interface StudyPage {
  readonly findings: readonly Finding[];
  readonly effort: Effort;
  readonly quick: boolean;
  /** Folder of the runs, and of the page where `docs` is null. */
  readonly out: string;
  /** The project's docs: the page is written there, with figures of its own beside it. */
  readonly docs: string | null;
  readonly common: typeof commonSettings;
}

/** Figures that the page shows, of each comparison. */
const shown = ['accuracy-time', 'accuracy-communication', 'accuracy-uploads'];

/** @returns the page's file */
export async function writeStudy(study: StudyPage): Promise<string> {
  const { docs, out, findings } = study;
  const folder = docs ?? out;
  const images = new Map<string, string>();
  if (docs !== null) {
    await rm(join(docs, 'study'), { recursive: true, force: true });
    await mkdir(join(docs, 'study'), { recursive: true });
  }
  for (const { name, figures } of findings) {
    for (const figure of figures.filter((one) => wanted(name, one.name))) {
      const image = docs === null ? figure.svg : join(docs, 'study', `${name}-${figure.name}.svg`);
      if (docs !== null) await copyFile(figure.svg, image);
      images.set(`${name}/${figure.name}`, relative(folder, image).replaceAll('\\', '/'));
    }
  }
  const page = join(folder, 'study.md');
  await writeFileAtomic(page, text(study, images));
  return page;
}

/** Shares of the workers matter where they are unequal. */
function wanted(finding: string, figure: string): boolean {
  return shown.includes(figure) || (figure === 'contributions' && finding.endsWith('heterogeneous'));
}

function text(study: StudyPage, images: ReadonlyMap<string, string>): string {
  const { findings, quick } = study;
  const comparisons = findings.filter(({ name }) => !name.startsWith('fig1'));
  return [
    '# The study: what of the ABS paper holds in simulated time',
    '',
    `Written by \`npm run study${quick ? ' -- --quick' : ''}\` from the files of its runs; the same command gives the same page.`,
    ...(quick
      ? ['', '**A quick run**: short, with few laws. It shows how the study works, and decides nothing.']
      : []),
    '',
    ...howItWasMade(study),
    '## In short',
    '',
    ...inShort(comparisons),
    ...findings.flatMap((finding) => section(finding, images)),
  ].join('\n');
}

function howItWasMade({ effort, common }: StudyPage): readonly string[] {
  const { seeds, choosingSeeds, learningRates, multiplesOfK0, choosingShare, evalEveryTime, evalSamples } =
    effort;
  return [
    '## How it was made',
    '',
    'The figures of arXiv 2301.08895 with our choices of what it leaves open, in [simulated time](simulated-time.md) with real gradients. The copies',
    'of the paper that we could read have lost their formulas, so the rules are [our reconstruction](policies.md#what-the-paper-leaves-open),',
    'and nothing here repeats the paper’s own numbers.',
    '',
    `- ${common.model} on ${common.dataset}, ${common.partition} partitions, U = ${common.localSteps}, B = ${common.batchSize}; a task takes 1 time unit on average, communication none.`,
    `- Accuracy on ${evalSamples} test images every ${evalEveryTime} time units; lines are means over the seeds, bands go from the smallest to the largest.`,
    `- **Settings were chosen on other seeds** (${choosingSeeds.join(', ')}) than are reported (${seeds.join(', ')}): by the mean accuracy over all evaluations of`,
    `  runs of ${100 * choosingShare} % of the time, for each policy under each law: learning rates among ${learningRates.join(', ')}, and a of ABS among ${multiplesOfK0.join(', ')} × K^0.`,
    `  That is a coarse grid: a rate at its end (${Math.min(...learningRates)}, ${Math.max(...learningRates)}) need not be the best that the policy has.`,
    '- For one seed all policies share initial weights, partitions, batches and task times.',
    '- Tables give what each accuracy took that most runs reached: mean ± standard deviation over the seeds; `2 of 3`:',
    '  one run did not reach it; –: none did. Final accuracy is that on all test images, which the curves leave out.',
    '- K at the end is that of the last round, over the seeds. Where it is still K^0, the loss has not fallen far enough for K to grow,',
    '  and an adaptive policy is one with a fixed K: AdaSync is then K-async, run for run, and the bound of ABS is constant.',
    '- **Communication is counted both ways**: as the paper does, a worker that uploads or is restarted in a round adds 1; and without restarts.',
    '',
  ];
}

/** How ABS does against each rival, over all comparisons. */
function inShort(findings: readonly Finding[]): readonly string[] {
  const rivals = [
    ...new Set(findings.flatMap(({ record }) => record.entries.map(({ name }) => name))),
  ].filter((name) => name !== 'abs');
  const lines = rivals.map((rival) => {
    const cells = measures.map((measure) => {
      const verdicts = findings.flatMap(
        (finding) => compareWith(finding.record.entries, rival)?.verdict(measure) ?? [],
      );
      const count = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
      return `${count('holds')} · ${count('fails')} · ${count('undecided')}`;
    });
    const judged = findings.filter(({ record }) => compareWith(record.entries, rival) !== null).length;
    return `| ABS against ${rival} | ${judged} | ${cells.join(' | ')} |`;
  });
  return [
    `The paper claims that ABS needs less time and less communication than its rivals. In ${findings.length} comparisons (fleets × laws), what ABS needs to`,
    'reach the highest accuracy that every run of the two reached (where there is none, that every run of one of them did) was, against',
    'each rival, less for every seed · more for every seed · mixed. Comparisons that lack the rival, or in which neither got to 30 % with every',
    'seed, are not judged; the latter are named below.',
    '',
    `| less · more · mixed | judged | ${measures.map(({ title }) => title).join(' | ')} |`,
    '| --- | --- | --- | --- | --- |',
    ...lines,
    '',
    ...sentences(findings, rivals),
    '',
  ];
}

/** The same in words, rival by rival. */
function sentences(findings: readonly Finding[], rivals: readonly string[]): readonly string[] {
  return rivals.map((rival) => {
    const parts = measures.map((measure) => {
      const by = (verdict: Verdict): string => {
        const names = findings
          .filter(({ record }) => compareWith(record.entries, rival)?.verdict(measure) === verdict)
          .map(({ name }) => name);
        return names.length === 0 ? 'nowhere' : names.join(', ');
      };
      return `${measure.title}: less in ${by('holds')}; more in ${by('fails')}`;
    });
    const open = findings.filter(({ record }) => isOpen(record.entries, rival)).map(({ name }) => name);
    const unjudged = open.length === 0 ? '' : ` Not judged: ${open.join(', ')}.`;
    return `- **ABS and ${rival}.** ${parts.join('. ')}.${unjudged}`;
  });
}

/** Whether both are there, and neither reached any accuracy step with every seed. */
function isOpen(entries: ComparisonRecord['entries'], rival: string): boolean {
  const has = (wanted: string): boolean => entries.some(({ name }) => name === wanted);
  return has('abs') && has(rival) && compareWith(entries, rival) === null;
}

function section(
  { name, title, record, chosen, figures, lastWaitCounts }: Finding,
  images: ReadonlyMap<string, string>,
): string[] {
  const isThresholds = name.startsWith('fig1');
  return [
    `## ${title}`,
    '',
    isThresholds
      ? `K = 1, bounds on staleness that never change, learning rate ${chosen[0]?.learningRate} (chosen over all bounds).`
      : `Chosen: ${chosen.map(({ policy, learningRate, a }) => `${policy} η = ${learningRate}${a === null ? '' : `, a = ${a}`}`).join('; ')}.`,
    '',
    ...resultTables(record.entries, lastWaitCounts),
    '',
    ...[...images].flatMap(([key, file]) => {
      const [of = '', figure = ''] = key.split('/');
      if (of !== name) return [];
      const { title: what = figure, caption = '' } = figures.find((one) => one.name === figure) ?? {};
      return [`![${what}](${file})`, '', `*${caption}*`, ''];
    }),
  ];
}
