/**
 * The report of runs and comparisons: figures as SVG and PNG, and one self-contained page. The same runs give the same bytes:
 * nothing in it tells when or where it was made.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { oneLineOf, StalewartError } from '../errors.js';
import { makeFolders } from '../files/make-folders.js';
import { runFileNames } from '../telemetry/run-files.js';
import { allFigures } from './figures/all-figures.js';
import type { Figure } from './figures/figure.js';
import { findRuns } from './find-runs.js';
import { type DrawnFigure, page } from './page/page.js';
import { missingNotes } from './missing-notes.js';
import { type RunFacts, readRunFacts } from './run-facts.js';
import { groupInSeries } from './series.js';

/** The page's file. */
export const reportFileName = 'report.html';
/** Where a report of several runs is written by default: in the folder of the comparison, or in the working folder. */
export const defaultReportFolder = 'report';

export interface ReportOptions {
  /** Folder of `report.html` and `figures/`; default: that of the run, if one was given; `report` in that of the
   *  comparison, if one was given; else `report` in the working folder. */
  readonly out?: string | undefined;
  /** Run time at which the timeline begins; default: 0. */
  readonly from?: number | undefined;
  /** Run time at which the timeline ends; default: when 12 tasks per worker have ended. */
  readonly to?: number | undefined;
}

export interface Report {
  /** The folder that was written to. */
  readonly out: string;
  /** The page. */
  readonly page: string;
  /** Every figure: its name, title and caption, and its files. */
  readonly figures: readonly {
    readonly name: string;
    readonly title: string;
    readonly caption: string;
    readonly svg: string;
    readonly png: string;
  }[];
  /** What was left out or is missing, a line each. */
  readonly notes: readonly string[];
}

/**
 * Draws the figures of runs, and writes them with a page.
 * @param paths folders of runs or of comparisons, at least one
 * @throws StalewartError CONFIG for wrong options, or live and simulated runs in one report; DATA if a path is not there; OUTPUT
 *   if it holds no run, a file of it is damaged, or `out` cannot be written
 */
export async function report(paths: readonly string[], options: ReportOptions = {}): Promise<Report> {
  checkStretch(options);
  const { runs: found, notes: passedOver, oneRun } = await findRuns(paths);
  const runs: RunFacts[] = [];
  // One after the other: of a run that is being read, the rows are in memory.
  for (const run of found) runs.push(await readRunFacts(run, options));
  const mode = commonMode(runs);
  const series = groupInSeries(runs);
  const notes = [...passedOver, ...missingNotes(runs)];
  const figures = allFigures(series, mode);
  const out = options.out ?? defaultOut(paths, oneRun);
  const drawn: DrawnFigure[] = [];
  const written: Report['figures'][number][] = [];
  await makeOut(out);
  for (const figure of figures) {
    const { svg, ...files } = await writeFigure(out, figure);
    drawn.push({ figure, svg });
    const { name, title, caption } = figure;
    written.push({ name, title, caption, ...files.paths });
  }
  const file = join(out, reportFileName);
  await write(file, page({ series, runs, mode, figures: drawn, notes }));
  return { out, page: file, figures: written, notes };
}

/** A comparison that is to be continued must not look like a run, so nothing goes into its folder itself. */
function defaultOut(paths: readonly string[], oneRun: boolean): string {
  const [path] = paths;
  if (path === undefined || paths.length > 1) return defaultReportFolder;
  return oneRun ? path : join(path, defaultReportFolder);
}

function checkStretch({ from, to }: ReportOptions): void {
  const allowed = 'a time of at least 0';
  for (const [field, value] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
    throw new StalewartError('CONFIG', `${field} is ${value}: it must be ${allowed}`, {
      field,
      value,
      allowed,
    });
  }
  if (to !== undefined && to <= (from ?? 0)) {
    const later = `more than from, which is ${from ?? 0}`;
    throw new StalewartError('CONFIG', `to is ${to}: it must be ${later}`, {
      field: 'to',
      value: to,
      allowed: later,
    });
  }
}

/** Seconds and units of simulated time have no common axis. */
function commonMode(runs: readonly RunFacts[]): RunFacts['mode'] {
  const live = runs.find(({ mode }) => mode === 'live');
  const simulated = runs.find(({ mode }) => mode === 'simulated');
  if (live === undefined || simulated === undefined) return live === undefined ? 'simulated' : 'live';
  throw new StalewartError(
    'CONFIG',
    `"${live.directory}" is a live run, in seconds, and "${simulated.directory}" a simulated one, in time units: ` +
      'report them apart',
    { value: [live.directory, simulated.directory], allowed: 'runs of one mode' },
  );
}

async function makeOut(out: string): Promise<void> {
  try {
    await makeFolders(out);
    await mkdir(join(out, runFileNames.figures), { recursive: true });
  } catch (cause) {
    throw new StalewartError(
      'OUTPUT',
      `the report cannot be written to "${out}" (${oneLineOf(cause)}): choose another folder with --out`,
      { field: 'out', value: out, allowed: 'a folder that can be written', cause },
    );
  }
}

async function writeFigure(
  out: string,
  figure: Figure,
): Promise<{ readonly svg: string; readonly paths: { readonly svg: string; readonly png: string } }> {
  // Vega takes a while to load: whoever imports the package without drawing shall not wait for it.
  const { toPng, toSvg } = await import('./figures/render.js');
  const at = (ending: string): string => join(out, runFileNames.figures, `${figure.name}.${ending}`);
  const paths = { svg: at('svg'), png: at('png') };
  const svg = await toSvg(figure);
  await write(paths.svg, `${svg}\n`);
  await write(paths.png, Buffer.from(await toPng(svg)));
  return { svg, paths };
}

async function write(file: string, content: string | Buffer): Promise<void> {
  try {
    await writeFileAtomic(file, content);
  } catch (cause) {
    throw new StalewartError('WRITE', `${file} could not be written (${oneLineOf(cause)})`, {
      value: file,
      cause,
    });
  }
}
