import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { evaluationsTable, roundsTable } from '../../src/telemetry/csv-tables.js';
import { createJournalDecoder } from '../../src/telemetry/journal-codec.js';
import { runFileNames } from '../../src/telemetry/run-files.js';
import { computeUsedSchema } from '../../src/telemetry/compute-used.js';
import { summarySchema } from '../../src/telemetry/summary.js';

describe('docs/run-directory.md', () => {
  let text: string;
  before(async () => {
    text = await readFile('docs/run-directory.md', 'utf8');
  });

  it('names every file', () => {
    for (const name of Object.values(runFileNames)) assert.ok(text.includes(`\`${name}`), name);
  });

  it('describes every column and every field of the summary', () => {
    const columns = [...roundsTable.columns, ...evaluationsTable.columns].map(([name]) => name);
    const fields = [summarySchema, computeUsedSchema].flatMap(({ shape }) => Object.keys(shape));
    for (const name of [...columns, ...fields]) {
      assert.match(text, new RegExp(`^\\|[^|]*\`${name}\`[^|]*\\|`, 'm'), name);
    }
  });

  it('shows a journal that can be read', () => {
    const example = /```json\n(\{"journal"[\s\S]*?)```/.exec(text)?.[1] ?? '';
    const decode = createJournalDecoder();
    const [header, joined, update] = example
      .trim()
      .split('\n')
      .map((line) => decode(line));
    assert.equal(header, null);
    assert.equal(joined?.effects[0]?.type, 'assign');
    assert.ok(update?.event.type === 'update-arrived');
    assert.equal(update.event.updateId, '0.1.1');
  });
});
