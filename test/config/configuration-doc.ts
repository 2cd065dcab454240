/** The tables of settings in docs/configuration.md, made from the schema. */
import { readFileSync } from 'node:fs';
import { settings } from '../../src/config/settings.js';
import { topics } from '../../src/config/setting-notes.js';

/** From dist/test/config/ up to the project. */
export const configurationDoc = new URL('../../../docs/configuration.md', import.meta.url);

/** The document as it is, and as it ought to be. */
export function compareDoc(): { readonly found: string; readonly wanted: string } {
  const found = readFileSync(configurationDoc, 'utf8');
  const begin = /<!-- settings: .* -->\n/.exec(found);
  const end = found.indexOf('<!-- /settings -->');
  if (begin === null || end < 0) throw new Error('docs/configuration.md has lost its marks');
  const head = found.slice(0, begin.index + begin[0].length);
  return { found, wanted: `${head}\n${settingsTables()}\n${found.slice(end)}` };
}

function settingsTables(): string {
  return topics
    .map((topic) => {
      const rows = settings
        .filter((setting) => setting.topic === topic)
        .map(({ name, flag, default: fallback = 'not in force', allowed, description }) => {
          const cells = [`\`${name}\``, `\`${flag}\``, fallback, allowed, description];
          return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
        });
      const head = [
        '| setting | flag | default | what it may be | what it is |',
        '| --- | --- | --- | --- | --- |',
      ];
      return [`### ${topic}`, '', ...head, ...rows, ''].join('\n');
    })
    .join('\n');
}
