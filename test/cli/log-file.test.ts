/** What a run writes to `log.jsonl`: summaries, however much happens. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { summarySchema } from '../../src/telemetry/summary.js';
import { runCli } from './run-cli.js';

describe('the log of a simulated run', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-log-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('does not grow with the restarts, which the journal has one by one', async () => {
    const out = join(folder, 'run');
    const { exitCode, stderr } = await runCli([
      ...['simulate', '--policy', 'k-sync', '--wait-count', '1', '--workers', '4', '--rounds', '200'],
      ...[
        '--compute',
        'none',
        '--model',
        'mlp',
        '--dataset',
        'synthetic:examples=400,test=10,size=4,channels=1',
        '--out',
        out,
      ],
    ]);
    assert.equal(exitCode, 0, stderr);
    const summary = summarySchema.parse(JSON.parse(await readFile(join(out, 'summary.json'), 'utf8')));
    assert.ok(summary.restarts > 500, `${summary.restarts} restarts`);
    const lines = (await readFile(join(out, 'log.jsonl'), 'utf8')).trimEnd().split('\n');
    // Lines about rounds come every few seconds at most.
    assert.ok(lines.length <= 5 + 2 * summary.wallSeconds, `${lines.length} lines`);
    assert.ok(lines.every((line) => !line.includes('restarts from the newest model')));
  });
});
