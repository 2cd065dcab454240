/**
 * Writes the study down: settings, tables, figures and verdicts, all from the runs' own files. Nothing in it is written by hand
 * but what the words mean.
 */
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Report } from '../../src/report/report.js';
import type { ComparisonEntryRecord, ComparisonRecord } from '../../src/telemetry/comparison-file.js';
import { commonAccuracy, judge, type Measure, measures, type Verdict } from './claims.js';
import type { Choice } from './choose.js';
import type { common as commonSettings, Effort } from './design.js';

/** One comparison of the study. */
export interface Finding {
  /** `fig2-exponential`. */
  readonly name: string;
  readonly title: string;
  readonly record: ComparisonRecord;
  readonly chosen: readonly Choice[];
  readonly figures: Report['figures'];
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
  const { seeds, choosingSeeds, learningRates, multiplesOfK0, evalEveryTime, evalSamples } = effort;
  return [
    '## How it was made',
    '',
    'The figures of arXiv 2301.08895 with our choices of what it leaves open, in [simulated time](simulated-time.md) with real gradients. The copies',
    'of the paper that we could read have lost their formulas, so the rules are [our reconstruction](policies.md#what-the-paper-leaves-open),',
    'and nothing here repeats the paper’s own numbers.',
    '',
    `- ${common.model} on ${common.dataset}, ${common.partition} partitions, U = ${common.localSteps}, B = ${common.batchSize}; a task takes 1 time unit on average, communication none.`,
    `- Accuracy on ${evalSamples} test images every ${evalEveryTime} time units; lines are means over the seeds, bands go from the smallest to the largest.`,
    `- **Settings were chosen on other seeds** (${choosingSeeds.join(', ')}) than are reported (${seeds.join(', ')}): by the mean accuracy over all evaluations, a of ABS`,
    `  among ${multiplesOfK0.join(', ')} × K^0 under each law, learning rates among ${learningRates.join(', ')} for each policy under the first law.`,
    '- For one seed all policies share initial weights, partitions, batches and task times.',
    '- **Communication is counted both ways**: as the paper does, a worker that uploads or is restarted in a round adds 1; and without restarts.',
    '',
  ];
}

const words: Readonly<Record<Verdict, string>> = { holds: 'less', fails: 'more', undecided: 'mixed' };

/** How ABS does against each rival, over all comparisons. */
function inShort(findings: readonly Finding[]): readonly string[] {
  const rivals = [
    ...new Set(findings.flatMap(({ record }) => record.entries.map(({ name }) => name))),
  ].filter((name) => name !== 'abs');
  const lines = rivals.map((rival) => {
    const cells = measures.map((measure) => {
      const verdicts = findings.flatMap((finding) => verdictOf(finding, rival, measure) ?? []);
      const count = (verdict: Verdict): number => verdicts.filter((one) => one === verdict).length;
      return `${count('holds')} · ${count('fails')} · ${count('undecided')}`;
    });
    return `| ABS against ${rival} | ${cells.join(' | ')} |`;
  });
  return [
    `The paper claims that ABS needs less time and less communication than its rivals. In ${findings.length} comparisons (fleets × laws), what ABS needs to`,
    'reach the highest accuracy that every run of the two reached was, against each rival, less for every seed · more for every seed ·',
    'mixed:',
    '',
    `| less · more · mixed | ${measures.map(({ title }) => title).join(' | ')} |`,
    '| --- | --- | --- | --- |',
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
          .filter((finding) => verdictOf(finding, rival, measure) === verdict)
          .map(({ name }) => name);
        return names.length === 0 ? 'nowhere' : names.join(', ');
      };
      return `${measure.title}: less in ${by('holds')}; more in ${by('fails')}`;
    });
    return `- **ABS and ${rival}.** ${parts.join('. ')}.`;
  });
}

/** Null: the comparison lacks one of the two, or an accuracy that both reached with every seed. */
function verdictOf({ record }: Finding, rival: string, measure: Measure): Verdict | null {
  const [abs, other] = ['abs', rival].map((name) => record.entries.find((entry) => entry.name === name));
  if (abs === undefined || other === undefined) return null;
  const accuracy = commonAccuracy([abs, other]);
  return accuracy === null ? null : judge(abs, other, measure, accuracy);
}

function section(
  { name, title, record, chosen, figures }: Finding,
  images: ReadonlyMap<string, string>,
): string[] {
  const accuracy = commonAccuracy(record.entries);
  const isThresholds = name.startsWith('fig1');
  const finding = { name, title, record, chosen, figures };
  return [
    `## ${title}`,
    '',
    isThresholds
      ? `K = 1, bounds on staleness that never change, learning rate ${chosen[0]?.learningRate} (chosen over all bounds).`
      : `Chosen: ${chosen.map(({ policy, learningRate, a }) => `${policy} η = ${learningRate}${a === null ? '' : `, a = ${a}`}`).join('; ')}.`,
    '',
    ...table(finding, accuracy, !isThresholds),
    '',
    ...[...images].flatMap(([key, file]) => {
      const [of = '', figure = ''] = key.split('/');
      if (of !== name) return [];
      const { title: what = figure, caption = '' } = figures.find((one) => one.name === figure) ?? {};
      return [`![${what}](${file})`, '', `*${caption}*`, ''];
    }),
  ];
}

function table(finding: Finding, accuracy: string | null, judged: boolean): readonly string[] {
  const { entries } = finding.record;
  const reached = accuracy === null ? null : `${Math.round(Number(accuracy) * 100)} %`;
  const titles = reached === null ? [] : measures.map(({ title }) => `${title} to ${reached}`);
  const head = ['', 'final accuracy', ...titles, 'restarts'];
  return [
    ...(reached === null ? ['No accuracy step was reached by every run.', ''] : []),
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...entries.map((entry) => {
      const cells =
        accuracy === null ? [] : measures.map((measure) => cell(finding, entry, measure, accuracy, judged));
      return `| ${[entry.name, percent(entry.finalAccuracy), ...cells, whole(entry.restarts.mean)].join(' | ')} |`;
    }),
  ];
}

function cell(
  finding: Finding,
  entry: ComparisonEntryRecord,
  measure: Measure,
  accuracy: string,
  judged: boolean,
): string {
  const spread = measure.of(entry)[accuracy];
  const value = `${number(spread?.mean)}${spread?.sd == null ? '' : ` ± ${number(spread.sd)}`}`;
  if (!judged || entry.name === 'abs') return value;
  const verdict = verdictOf(finding, entry.name, measure);
  return verdict === null ? value : `${value} (ABS ${words[verdict]})`;
}

function percent({ mean, sd }: ComparisonEntryRecord['finalAccuracy']): string {
  if (mean === null) return '–';
  const spread = sd === null ? '' : ` ± ${(100 * sd).toFixed(1)}`;
  return `${(100 * mean).toFixed(1)}${spread} %`;
}

function number(value: number | null | undefined): string {
  if (value == null) return '–';
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function whole(value: number | null): string {
  return value === null ? '–' : value.toFixed(0);
}
