/** The study's page, from comparisons as they lie in files: nothing is run for it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { common, quickEffort } from '../../bench/study/design.js';
import { writeStudy } from '../../bench/study/write-up.js';
import { comparisonEntry, reaching } from '../telemetry/fake-comparison.js';

describe('the page of the study', () => {
  let out: string;
  before(async () => {
    out = await mkdtemp(join(tmpdir(), 'stalewart-study-'));
  });
  after(() => rm(out, { recursive: true, force: true }));

  it('counts every comparison of two policies, and names those that it cannot judge', async () => {
    const never = { timeToAccuracy: reaching({ '0.30': [null, 4] }) };
    const finding = (name: string, changes: object) => ({
      name,
      title: `Title of ${name}`,
      record: {
        status: 'finished' as const,
        settings: {},
        seeds: [1, 2],
        entries: ['abs', 'k-sync'].map((policy) => comparisonEntry(policy, changes)),
        runs: [],
        stalewart: '1',
      },
      chosen: [{ policy: 'abs', learningRate: 0.1, a: 4 }],
      figures: [],
      lastWaitCounts: new Map(),
    });
    const findings = [finding('fig2-even', {}), finding('fig2-uneven', never)];
    const page = await writeStudy({ findings, effort: quickEffort, quick: true, out, docs: null, common });
    const text = await readFile(page, 'utf8');
    assert.match(text, /^\| ABS against k-sync \| 1 \| 0 · 0 · 1 \| 0 · 0 · 1 \| 0 · 0 · 1 \|$/m);
    assert.match(text, /^- \*\*ABS and k-sync\.\*\* .* Not judged: fig2-uneven\.$/m);
    assert.match(text, /^## Title of fig2-uneven$/m);
    assert.match(text, /^No accuracy step was reached by most runs\.$/m);
    assert.match(text, /Final accuracy is that on all test images, which the curves leave out\.$/m);
  });
});
