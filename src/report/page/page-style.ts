/** The style of the page. Figures stay on white in the dark too: their greys and dashes are made for it. */
export const pageStyle = `
:root { color-scheme: light dark; --text: #1b1b1b; --faint: #5a5a5a; --ground: #fff; --line: #d4d4d4; --row: #f5f5f5; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --faint: #a8a8a8; --ground: #16181a; --line: #3c4043; --row: #1f2225; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 72rem; color: var(--text); background: var(--ground);
  font: 15px/1.5 system-ui, 'Segoe UI', 'DejaVu Sans', Verdana, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .4rem; }
p { margin: .3rem 0; max-width: 60rem; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; min-width: 0; }
figure.wide { grid-column: 1 / -1; }
figure .plot { background: #fff; border: 1px solid var(--line); border-radius: 4px; padding: 6px; }
figure svg { display: block; width: 100%; height: auto; max-width: 36rem; margin: 0 auto; }
figure.wide svg { max-width: 62rem; }
figcaption { color: var(--faint); font-size: .85rem; margin-top: .4rem; overflow-wrap: anywhere; }
.table { overflow-x: auto; margin: .75rem 0 1.25rem; }
table { border-collapse: collapse; font-size: .88rem; min-width: min(100%, 40rem); }
caption { text-align: left; color: var(--faint); padding-bottom: .35rem; }
caption span { display: block; position: sticky; left: 0; width: fit-content; max-width: min(60rem, calc(100vw - 3rem)); }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: normal; }
thead th { font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; white-space: nowrap; }
.text tbody th { white-space: normal; overflow-wrap: anywhere; min-width: 10rem; }
tbody tr:nth-child(even) { background: var(--row); }
.numeric td, .numeric thead th:not(:first-child) { text-align: right; font-variant-numeric: tabular-nums; }
.numeric td { white-space: nowrap; }
pre { font: .8rem/1.4 ui-monospace, 'DejaVu Sans Mono', monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .2rem 0; }
@page { margin: 15mm; }
@media print {
  :root { --text: #000; --faint: #333; --ground: #fff; --line: #bbb; --row: #fff; }
  body { max-width: none; padding: 0; font-size: 9pt; }
  .figures { grid-template-columns: 1fr 1fr; gap: 5mm; }
  h3 { font-size: 9pt; }
  figcaption { font-size: 7.5pt; line-height: 1.35; }
  figure, tr { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .table { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .35rem; }
  .numeric td { white-space: normal; }
  table { min-width: 100%; }
}
`;
