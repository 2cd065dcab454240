import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { asciiGlyphs, sparkline, unicodeGlyphs } from '../../src/telemetry/glyphs.js';
import { renderDisplay } from '../../src/telemetry/progress-display.js';
import { createProgressState } from '../../src/telemetry/progress-state.js';
import type { WorkerState } from '../../src/telemetry/run-events.js';
import { visibleWidth } from '../../src/telemetry/styled-line.js';
import { fakeEvaluation, fakeHeader as header, fakeRound, fakeWorker } from './fake-run.js';

const states: WorkerState[] = [
  'computing',
  'waiting',
  'uploading',
  'idle',
  'computing',
  'restarting',
  'computing',
  'lost',
  'gone',
  'joining',
];

/** A run in its 128th round, 40 seconds after it began. */
function midway({ workers = 10, maxStaleness = 6 as number | null, name = 'lenet' } = {}) {
  const state = createProgressState({
    header: { ...header, workers, model: name },
    goal: { rounds: 400, time: null, targetAccuracy: 0.55 },
  });
  for (let version = 1; version <= 128; version++) {
    state.round(fakeRound(version, { maxStaleness }), version * 0.3125);
    if (version % 16 === 0) state.evaluation(fakeEvaluation(version), version * 0.3125);
  }
  for (let worker = 0; worker < workers; worker++) {
    const now = states[worker % states.length] ?? 'idle';
    state.worker(fakeWorker(worker, { state: now, crashes: now === 'gone' ? 1 : 0 }));
  }
  return state;
}

const linesOf = (text: string): string[] => text.split('\n');

describe('progress display', () => {
  it('shows a run on a terminal of 80 columns', () => {
    const text = renderDisplay(midway().snapshot(40), { columns: 80, rows: 24, colour: false });
    assert.deepEqual(linesOf(text), GOLDEN_80);
  });

  it('shows shares where there is room for them', () => {
    const text = renderDisplay(midway().snapshot(40), { columns: 200, rows: 40, colour: false });
    assert.match(text, /share of the updates/);
    assert.match(text, / {2}0 {2}● computing .* ━{16} 11\.\d %/);
  });

  it('keeps the essential on 40 columns', () => {
    const text = renderDisplay(midway().snapshot(40), { columns: 40, rows: 40, colour: false });
    assert.match(text, /^ {2}stalewart {2}abs · lenet on cifar10$/m);
    assert.match(text, /^ {2}round {5}128\/400 {2}≤ 1:25 left$/m);
    assert.match(text, /^ {2}3 {2}○ idle {8}3\/6 {5}37 {9}3$/m);
  });

  it('has a singular for the one worker', () => {
    const text = renderDisplay(midway({ workers: 1 }).snapshot(40), { columns: 80, rows: 24, colour: false });
    assert.match(text, / · 1 worker · /);
    assert.match(text, / of 1 worker$/m);
  });

  it('stands still before the first round', () => {
    const state = createProgressState({ header, goal: { rounds: null, time: null, targetAccuracy: null } });
    const text = renderDisplay(state.snapshot(0), { columns: 80, rows: 24, colour: false });
    assert.match(text, /round {5}0 +0:00 elapsed/);
    assert.match(text, /loss {6}–/);
    assert.match(text, /K\^t {7}–/);
    assert.equal(text.includes('NaN'), false);
  });

  it('counts the workers that do not fit', () => {
    const text = renderDisplay(midway({ workers: 25 }).snapshot(40), {
      columns: 80,
      rows: 24,
      colour: false,
    });
    const lines = linesOf(text);
    assert.equal(lines.length, 23);
    assert.equal(lines.at(-2)?.slice(0, 16), '  15  ↻ restarti'.slice(0, 16));
    assert.equal(
      lines.at(-1),
      '  … 9 more: 3 computing, 1 lost, 1 gone, 1 joining, 1 waiting, 1 uploading, 1 …',
    );
  });

  it('puts many workers side by side on a wide terminal', () => {
    const text = renderDisplay(midway({ workers: 40 }).snapshot(40), {
      columns: 200,
      rows: 24,
      colour: false,
    });
    const lines = linesOf(text);
    assert.equal(lines.filter((line) => /# {2}state.*# {2}state.*# {2}state/.test(line)).length, 1);
    assert.equal(text.includes('more:'), false);
    assert.match(lines.at(-1) ?? '', /13 .*27 /);
  });

  it('says that there is no bound, and draws no bar towards it', () => {
    const snapshot = midway({ maxStaleness: null }).snapshot(40);
    const text = renderDisplay(snapshot, { columns: 100, rows: 40, colour: false });
    assert.match(text, /τ_max\^t {3}no bound/);
    assert.equal(text.includes('staleness'), false);
    assert.match(text, / {2}2 {2}↑ uploading {3}2 /);
  });

  it('shows a loss that is not finite', () => {
    const state = midway();
    state.round(fakeRound(129, { loss: Number.NaN }), 41);
    state.evaluation(fakeEvaluation(129, { testAccuracy: Number.NaN }), 41);
    const text = renderDisplay(state.snapshot(41), { columns: 80, rows: 24, colour: false });
    assert.match(text, /loss {6}NaN {6}[▁-█]+/);
    assert.match(text, /accuracy {2}NaN/);
  });

  it('ends with the notice', () => {
    const state = midway();
    state.notice('stopping after this round');
    const text = renderDisplay(state.snapshot(40), { columns: 80, rows: 40, colour: false });
    assert.equal(linesOf(text).at(-1), '  stopping after this round');
  });

  it('needs no Unicode', () => {
    const snapshot = midway().snapshot(40);
    const text = renderDisplay(snapshot, { columns: 100, rows: 40, colour: false, glyphs: asciiGlyphs });
    assert.match(text, /^[\n -~]*$/);
    assert.match(text, /tau_max\^t 6/);
  });

  it('is coloured only where asked, and says the same', () => {
    const snapshot = midway().snapshot(40);
    const plain = renderDisplay(snapshot, { columns: 100, rows: 40, colour: false });
    const coloured = renderDisplay(snapshot, { columns: 100, rows: 40, colour: true });
    assert.equal(plain.includes('\u001B'), false);
    assert.notEqual(coloured, plain);
    assert.equal(stripVTControlCharacters(coloured), plain);
  });

  it('never exceeds the terminal, whatever its size and whatever the names', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 220 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.boolean(),
        (columns, rows, workers, name, colour) => {
          const text = renderDisplay(midway({ workers, name }).snapshot(40), { columns, rows, colour });
          const lines = linesOf(text);
          assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
          for (const line of lines) assert.ok(visibleWidth(line) <= columns, line);
        },
      ),
    );
  });
});

describe('sparkline', () => {
  it('goes from the lowest to the highest', () => {
    assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8, unicodeGlyphs), '▁▂▃▄▅▆▇█');
  });

  it('averages what does not fit, and stretches nothing', () => {
    assert.equal(sparkline([0, 0, 7, 7], 2, unicodeGlyphs), '▁█');
    assert.equal(sparkline([0, 7], 10, unicodeGlyphs), '▁█');
    assert.equal(sparkline([], 10, unicodeGlyphs), '');
    assert.equal(sparkline([1, 2], 0, unicodeGlyphs), '');
  });

  it('is level for a constant', () => {
    assert.equal(sparkline([5, 5, 5], 3, unicodeGlyphs), '▄▄▄');
  });
});

const GOLDEN_80 = [
  '',
  '  stalewart  abs · lenet on cifar10 · 10 workers · wasm × 2 threads · local',
  '',
  '  round     128/400  ━━━━━━━───────────────   32 %   0:40 elapsed   ≤ 1:25 left',
  '',
  '  loss      0.6461   █▆▅▄▄▃▂▂▂▁▁▁                 K^t       3 of 10 workers',
  '  accuracy  42.7 %   ▁▂▄▅▆▇▇█ aims at 55 %        τ_max^t   6   mean τ 1.3',
  '  speed     3,072 images/s                        restarts  14',
  '',
  '  #  state         staleness    τ  tasks  updates  restarts  crashes  s/task',
  '  0  ● computing   ······     0/6     40       38         0        0    0.40',
  '  1  ◐ waiting     ■·····     1/6     39       37         1        0    0.50',
  '  2  ↑ uploading   ■■····     2/6     38       36         2        0    0.60',
  '  3  ○ idle        ■■■···     3/6     37       35         3        0    0.70',
  '  4  ● computing   ■■■■··     4/6     36       34         0        0    0.80',
  '  5  ↻ restarting  ······     0/6     35       33         1        0    0.90',
  '  6  ● computing   ■·····     1/6     34       32         2        0    1.00',
  '  7  ? lost                           33       31         3        0    1.10',
  '  8  ✕ gone                           32       30         0        1    1.20',
  '  9  ○ joining     ■■■■··     4/6     31       29         1        0    1.30',
];
