/**
 * The page of a report: one file that needs no network and no script. It says what was run and reached before it shows how.
 */
import { stringifyExact } from '../../telemetry/exact-json.js';
import type { Figure } from '../figures/figure.js';
import type { RunFacts } from '../run-facts.js';
import type { Series } from '../series.js';
import { Html, html } from './html.js';
import { pageStyle } from './page-style.js';
import {
  communicationTable,
  costTable,
  differenceTable,
  resultTable,
  runTable,
  workerTable,
} from './tables.js';

export interface DrawnFigure {
  readonly figure: Figure;
  readonly svg: string;
}

export interface PageContent {
  readonly series: readonly Series[];
  readonly runs: readonly RunFacts[];
  readonly mode: 'live' | 'simulated';
  readonly figures: readonly DrawnFigure[];
  /** What was passed over or is missing, a line each. */
  readonly notes: readonly string[];
}

export function page({ series, runs, mode, figures, notes }: PageContent): string {
  const unit = mode === 'live' ? 's' : 'time units';
  const [only] = runs;
  const title =
    runs.length === 1 && only !== undefined
      ? `Run ${only.name}`
      : `${series.length} series of ${runs.length} runs`;
  const toAccuracy =
    'to the first evaluation at or above each test accuracy, mean ± standard deviation over the seeds; 2 of 3: only two of three runs reached it';
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title} · Stalewart</title>
<style>${new Html(pageStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="faint">${overview(series, mode)}</p>
${notes.map((note) => html`<p><strong>Note:</strong> ${note}</p>\n`)}</header>
<h2>Results</h2>
${resultTable(series, unit)}${communicationTable(series)}${[
  ...costTable(series, 'time', `Time (${unit}) ${toAccuracy}.`),
  ...costTable(series, 'communicationRounds', `Communication rounds ${toAccuracy}.`),
  ...costTable(series, 'uploadRounds', `Communication without restarts ${toAccuracy}.`),
]}
<h2>Figures</h2>
${figures.length === 0 ? html`<p>There is nothing to draw.</p>` : html`<div class="figures">\n${figures.map(shown)}</div>`}
<h2>Settings</h2>
${series.length > 1 ? differenceTable(series) : []}${runTable(runs)}${runs.map(details)}
</body>
</html>
`.text;
}

function overview(series: readonly Series[], mode: 'live' | 'simulated'): string {
  const how = mode === 'live' ? 'Live' : 'Simulated';
  const each = series.map(({ label, runs }) => `${label} × ${runs.length}`);
  const time = mode === 'live' ? 'time is in seconds' : 'time is in simulated units';
  return `${how} runs, ${time}: ${each.join(', ')}.`;
}

function shown({ figure, svg }: DrawnFigure): Html {
  const wide = figure.name.startsWith('timeline') ? ' class="wide"' : '';
  return html`<figure${new Html(wide)} id="${figure.name}">
<h3>${figure.title}</h3>
<div class="plot">${new Html(svg)}</div>
<figcaption>${figure.caption}</figcaption>
</figure>
`;
}

function details(run: RunFacts): Html {
  return html`<details>
<summary>${run.name}: full configuration and workers</summary>
<pre>${stringifyExact(run.config, 2)}</pre>
${run.workers <= mostWorkerRows ? workerTable(run) : []}</details>
`;
}

/** Longer tables of workers are left to who reads the journal. */
const mostWorkerRows = 200;
