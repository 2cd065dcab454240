/**
 * Who contributed how much. In one run, a bar per worker. In several, workers are put in the order of their contributions
 * before runs are compared: worker 3 is fast under one seed and slow under another.
 */
import { max, mean, min } from 'simple-statistics';
import { type Curve, together } from '../curve.js';
import { gini, relativeShares } from '../inequality.js';
import type { RunFacts } from '../run-facts.js';
import { listed, type Series } from '../series.js';
import { barFigure } from './bar-figure.js';
import { bandWords } from './curve-figures.js';
import type { Figure } from './figure.js';
import { lineFigure } from './line-figure.js';

/** More bars than this are a line. */
const mostBars = 60;

export function contributionFigure(series: readonly Series[]): Figure | null {
  const shares = series.map(({ runs }) => runs.map(sharesOf).filter((each) => each !== null));
  const drawn = series.filter((_, index) => (shares[index] ?? []).length > 0);
  const [only] = drawn;
  if (only === undefined) return null;
  const y = { title: 'Updates ÷ equal share' };
  const says =
    'Applied updates of each worker as a multiple of the equal share: at 1 a worker gives what it would if all gave the same, ' +
    'at 0 nothing of it was ever applied.';
  const figure = { name: 'contributions', title: 'Contributions per worker', y, reference: 1 };
  const end = [...unequal(drawn), `Runs: ${listed(drawn)}.`, ...bandWords(drawn)];
  const [run] = only.runs;
  if (series.length === 1 && only.runs.length === 1 && run !== undefined && run.workers <= mostBars) {
    const points = (sharesOf(run) ?? []).map((value, worker) => ({
      x: worker,
      mean: value,
      low: value,
      high: value,
    }));
    const caption = [says, ...end].join(' ');
    const x = { title: 'Worker', minStep: 1 };
    return barFigure({ ...figure, caption, x, points, width: 1 });
  }
  const order = 'Workers of a run are in the order of their updates, the one with the fewest first.';
  return lineFigure({
    ...figure,
    caption: [says, order, ...end].join(' '),
    x: { title: 'Worker, fewest updates first', minStep: 1, fromZero: false },
    interpolation: 'linear',
    lines: series.map(({ label }, index) => ({
      label,
      points: together((shares[index] ?? []).map(inOrder), 'linear'),
    })),
  });
}

/** Null if no update of the run was applied. */
export function sharesOf({ journal }: RunFacts): readonly number[] | null {
  const shares = relativeShares(journal?.contributions ?? []);
  return shares.some((share) => share > 0) ? shares : null;
}

function inOrder(shares: readonly number[]): Curve {
  const y = [...shares].sort((left, right) => left - right);
  return { x: y.map((_, index) => index + 1), y };
}

/** The inequality in numbers. */
function unequal(series: readonly Series[]): readonly string[] {
  const each = series.map(({ label, runs }) => {
    const facts = runs.flatMap((run) =>
      run.journal === null || sharesOf(run) === null ? [] : [run.journal.contributions],
    );
    const coefficient = mean(facts.map((contributions) => gini(contributions) ?? 0)).toFixed(2);
    const least = min(facts.map((contributions) => min([...relativeShares(contributions)]))).toFixed(2);
    const most = max(facts.map((contributions) => max([...relativeShares(contributions)]))).toFixed(2);
    return `${label} ${coefficient} (${least} to ${most})`;
  });
  return [`Gini coefficient, 0 if all give the same, and smallest to largest multiple: ${each.join(', ')}.`];
}
