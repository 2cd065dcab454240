/** The display of a comparison, and the progress that it shows. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { renderCompareDisplay } from '../../src/cli/compare-display.js';
import { createCompareProgress } from '../../src/cli/compare-progress.js';
import type { EndedRun } from '../../src/run/comparison.js';
import { visibleWidth } from '../../src/telemetry/styled-line.js';
import { createSummaryBuilder } from '../../src/telemetry/summary.js';
import { fakeEvaluation, fakeRound, fakeUsed } from '../telemetry/fake-run.js';

const info = {
  runs: 6,
  seeds: [1, 2],
  entries: ['abs', 'k-async', 'abs-with-a-name-of-some-length'].map((name) => ({ name, policy: 'abs' })),
};
const header = { model: 'lenet', dataset: 'cifar10', workers: 10 };
const byTime = { rounds: null, time: 60, targetAccuracy: null };

function ended(
  name: string,
  testAccuracy: number,
  changes: { kept?: boolean; status?: 'failed' | 'stopped' } = {},
) {
  const summary = createSummaryBuilder({ policy: 'abs', seed: 1, workers: 10, used: fakeUsed });
  summary.round(fakeRound(1));
  summary.evaluation(fakeEvaluation(1, { testAccuracy }));
  const end = { status: 'finished', reason: '', weightsSha256: null, wallSeconds: 1, discarded: 0 } as const;
  const { kept = false } = changes;
  const status: EndedRun['status'] = changes.status ?? 'finished';
  return { name, kept, status, summary: status === 'finished' ? summary.build(end) : null };
}

describe('the progress of a comparison', () => {
  it('estimates what is left from the runs of this command alone', () => {
    const progress = createCompareProgress(info);
    progress.ended(ended('abs', 0.4, { kept: true }));
    progress.ended(ended('k-async', 0.4, { kept: true }));
    assert.deepEqual([progress.snapshot(0).ended, progress.snapshot(0).secondsLeft], [2, null]);
    progress.begun({ number: 3, name: 'abs', seed: 2 }, byTime);
    progress.round({ version: 9, time: 30 });
    // Half a run took 10 s, three and a half are left.
    assert.equal(progress.snapshot(10).secondsLeft, 70);
    progress.ended(ended('abs', 0.5));
    assert.deepEqual([progress.snapshot(20).secondsLeft, progress.snapshot(20).fraction], [60, 0.5]);
    progress.begun({ number: 4, name: 'k-async', seed: 2 }, byTime);
    progress.ended(ended('k-async', 0, { status: 'stopped' }));
    assert.equal(progress.snapshot(30).ended, 3);
  });
});

describe('the display of a comparison', () => {
  const render = (columns = 90, rows = 20) => {
    const progress = createCompareProgress(info);
    progress.ended(ended('abs', 0.5));
    progress.ended(ended('abs', 0.54));
    progress.ended(ended('k-async', 0, { status: 'failed' }));
    progress.begun({ number: 4, name: 'k-async', seed: 2 }, byTime);
    progress.round({ version: 1200, time: 30 });
    progress.evaluation({ testAccuracy: 0.433 });
    progress.notice('stopping after this round');
    return renderCompareDisplay(progress.snapshot(60), header, { columns, rows, colour: false });
  };

  it('shows the runs, the one in hand, and what each entry has reached', () => {
    const lines = render().split('\n');
    assert.match(lines[0] ?? '', /^ {2}stalewart {2}comparison · lenet on cifar10 · 10 workers · 2 seeds$/);
    assert.match(lines[1] ?? '', /^ {2}runs {6}3\/6 {6}━+─+ {2}58 % {3}1:00 elapsed {3}0:43 left$/);
    assert.match(lines[2] ?? '', /^ {2}now {7}k-async {2}seed 2 · round 1,200 · time 30\.0 · 43\.3 %$/);
    assert.match(lines[3] ?? '', /^ {2}abs +2\/2 +52\.0 % {2}50\.0 % to 54\.0 %$/);
    assert.match(lines[4] ?? '', /^ {2}k-async +1\/2 +· 1 failed$/);
    assert.match(lines[5] ?? '', /^ {2}abs-with-a-name-of-some-length +0\/2$/);
    assert.equal(lines[6], '  stopping after this round');
  });

  it('never outgrows the terminal, and counts the entries that it has no room for', () => {
    for (const columns of [1, 8, 20, 40, 79, 200]) {
      for (const rows of [1, 2, 4, 6, 8]) {
        const lines = render(columns, rows).split('\n');
        assert.ok(lines.length <= Math.max(1, rows - 1), `${lines.length} lines in ${rows} rows`);
        for (const line of lines) assert.ok(visibleWidth(line) < Math.max(2, columns), `${columns}: ${line}`);
      }
    }
    assert.match(render(90, 7), /and 2 more/);
  });
});
