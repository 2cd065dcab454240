/** Tables of the page. */
import { type Content, html, type Html } from './html.js';

export interface Table {
  readonly caption: string;
  readonly head: readonly string[];
  /** Of the head's length; the first cell names the row. */
  readonly rows: readonly (readonly Content[])[];
  /** Whether the cells after the first are numbers, to be set right; default: true. */
  readonly numeric?: boolean;
}

/** In a box of its own that scrolls where the page is too narrow. */
export function table({ caption, head, rows, numeric = true }: Table): Html {
  const titles = head.map((title) => html`<th scope="col">${title}</th>`);
  const lines = rows.map(([name = '', ...cells]) => {
    const rest = cells.map((cell) => html`<td>${cell}</td>`);
    return html`<tr><th scope="row">${name}</th>${rest}</tr>\n`;
  });
  return html`<div class="table ${numeric ? 'numeric' : 'text'}"><table><caption><span>${caption}</span></caption>
<thead><tr>${titles}</tr></thead>
<tbody>
${lines}</tbody></table></div>
`;
}
