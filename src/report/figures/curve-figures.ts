/** The figures that show the course of the runs: accuracy, loss, K^t and τ_max^t. */
import { type Interpolation, together } from '../curve.js';
import { lossBins, type RunCurves } from '../run-curves.js';
import { listed, type Series } from '../series.js';
import type { Figure } from './figure.js';
import { type Axis, lineFigure } from './line-figure.js';

interface CurveFigure {
  readonly name: string;
  readonly title: string;
  readonly curve: keyof RunCurves;
  readonly x: Axis;
  readonly y: Axis;
  readonly interpolation: Interpolation;
  /** The caption's sentences, before the runs are listed. */
  readonly says: string;
}

/** One run that diverges for a while must not flatten all others. */
const loss = { fromZero: false, logarithmicFrom: 20 } satisfies Partial<Axis>;
const accuracy: Axis = { title: 'Test accuracy', format: '.0%' };
/** See `runCurves`. */
const butFinal =
  'Where the final weights were evaluated twice, on some test examples and on all, the latter is left out.';

function curveFigures(time: Axis): readonly CurveFigure[] {
  const linear = { interpolation: 'linear' } as const;
  return [
    {
      name: 'accuracy-time',
      title: 'Accuracy against time',
      curve: 'accuracyByTime',
      x: time,
      y: accuracy,
      ...linear,
      says: `Test accuracy of the global model at each evaluation, against time. ${butFinal}`,
    },
    {
      name: 'accuracy-communication',
      title: 'Accuracy against communication',
      curve: 'accuracyByCommunication',
      x: { title: 'Communication rounds (workers)' },
      y: accuracy,
      ...linear,
      says:
        'Test accuracy at each evaluation, against communication as the paper counts it: each worker that uploads or is ' +
        `restarted in a round adds 1. ${butFinal}`,
    },
    {
      name: 'accuracy-uploads',
      title: 'Accuracy against communication without restarts',
      curve: 'accuracyByUploads',
      x: { title: 'Communication without restarts (workers)' },
      y: accuracy,
      ...linear,
      says:
        'Test accuracy at each evaluation, against communication counted without restart downloads: each worker that uploads ' +
        `in a round adds 1, one that is only restarted adds nothing. ${butFinal}`,
    },
    {
      name: 'training-loss-time',
      title: 'Training loss against time',
      curve: 'trainingLossByTime',
      x: time,
      y: { title: 'Training loss', ...loss },
      ...linear,
      says:
        `Mean loss of the updates of a round, against time; of a run with more than ${lossBins} rounds, the mean over the ` +
        `rounds in each hundredth of its time. Losses that are not finite are left out.`,
    },
    {
      name: 'test-loss-time',
      title: 'Test loss against time',
      curve: 'testLossByTime',
      x: time,
      y: { title: 'Test loss', ...loss },
      ...linear,
      says:
        'Test loss of the global model at each evaluation, against time. Losses that are not finite are left out. ' +
        butFinal,
    },
    {
      name: 'wait-count-time',
      title: 'Wait count K over time',
      curve: 'waitCountByTime',
      x: time,
      y: { title: 'Wait count K (updates)', minStep: 1 },
      interpolation: 'step',
      says: 'How many updates the round that was open at a time waited for.',
    },
    {
      name: 'max-staleness-time',
      title: 'Staleness bound τ_max over time',
      curve: 'maxStalenessByTime',
      x: time,
      y: { title: 'Bound τ_max (rounds)', minStep: 1 },
      interpolation: 'step',
      says: 'The staleness at which the next commit restarts a worker.',
    },
  ];
}

/** Those for which at least one series has values. */
export function courseFigures(series: readonly Series[], time: Axis): readonly Figure[] {
  return curveFigures(time).flatMap(({ curve, says, ...figure }) => {
    const lines = series.map(({ label, runs }) => ({
      label,
      points: together(
        runs.map(({ curves }) => curves[curve]),
        figure.interpolation,
      ),
    }));
    const drawn = series.filter((_, index) => (lines[index]?.points.length ?? 0) > 0);
    const absent = series.filter((one) => !drawn.includes(one));
    const without = curve === 'maxStalenessByTime' ? 'Without a bound' : 'Without such values';
    const caption = [
      says,
      `Runs: ${listed(drawn)}.`,
      ...(absent.length === 0 ? [] : [`${without}: ${absent.map(({ label }) => label).join(', ')}.`]),
      ...bandWords(drawn, curve),
    ].join(' ');
    return lineFigure({ ...figure, lines, caption }) ?? [];
  });
}

/** What lines and bands are, where a series has several runs. */
export function bandWords(series: readonly Series[], curve?: keyof RunCurves): readonly string[] {
  if (series.every(({ runs }) => runs.length === 1)) return [];
  const shared = 'over the stretch that all its runs cover';
  const some = series.flatMap(({ label, runs }) => {
    const having = curve === undefined ? runs : runs.filter(({ curves }) => curves[curve].x.length > 0);
    return having.length === runs.length ? [] : [`${label}: ${having.length} of ${runs.length} runs`];
  });
  return [
    `Line: mean over the seeds of a series; band: from the smallest to the largest value, ${shared}.`,
    ...(some.length === 0 ? [] : [`Only some runs have values (${some.join('; ')}).`]),
  ];
}
