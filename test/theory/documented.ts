/** The figures of docs/theory.md are those that the tests find: the rows of its tables, read back. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../../../docs/theory.md', import.meta.url), 'utf8');

type Section = 'Time per round' | 'Staleness' | 'Error floor' | 'The rate of ABS';

function rowsOf(section: Section): readonly (readonly string[])[] {
  const [, content = ''] = text.split(`\n## ${section}\n`);
  const [own = ''] = content.split('\n## ');
  return own
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.replaceAll('`', '').trim())
        .slice(1, -1),
    );
}

/**
 * Some row of the section begins with the cells of `key` and has these values, in order, somewhere behind them.
 * @throws AssertionError with the row that is wanted
 */
export function assertDocumented(
  section: Section,
  key: readonly (string | number)[],
  values: readonly number[],
): void {
  const cells = key.map(String);
  const row = rowsOf(section).find((found) => cells.every((cell, column) => found[column] === cell));
  const wanted = values.map((value) => value.toPrecision(4));
  const message = `docs/theory.md, ${section}, is to say | ${cells.join(' | ')} | … | ${wanted.join(' | ')} |`;
  assert.ok(row !== undefined, message);
  const behind = row.slice(cells.length).map(Number);
  for (const value of values) {
    const column = behind.findIndex((found) => Math.abs(found - value) <= 1e-3 * Math.abs(value));
    assert.ok(column >= 0, message);
    behind.splice(0, column + 1);
  }
}
