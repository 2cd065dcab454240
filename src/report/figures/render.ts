/**
 * Draws a figure, as SVG and as PNG. Neither needs a browser, a display or a font of the machine: text is laid out by
 * fixed sizes and drawn in DejaVu Sans, which comes along; so the same figure gives the same bytes everywhere.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { None, parse, View } from 'vega';
import { compile } from 'vega-lite';
import { escaped } from '../page/html.js';
import type { Figure } from './figure.js';

/** Pixels of a PNG for a hundredth of an inch: 300 dots per inch. */
export const pngScale = 3;

export async function toSvg({ spec, title, caption }: Figure): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: 'none', logLevel: None });
  try {
    const svg = await view.toSVG();
    const words = `<title>${escaped(title)}</title><desc>${escaped(caption)}</desc>`;
    return svg.replace(/<svg\b[^>]*>/, (tag) => `${tag.slice(0, -1)} role="img">${words}`);
  } finally {
    view.finalize();
  }
}

export async function toPng(svg: string): Promise<Uint8Array> {
  const fontBuffers = await ready();
  const resvg = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: pngScale },
    font: { fontBuffers, defaultFontFamily: 'DejaVu Sans', sansSerifFamily: 'DejaVu Sans' },
  });
  try {
    return resvg.render().asPng();
  } finally {
    resvg.free();
  }
}

let loading: Promise<Uint8Array[]> | null = null;

/** Loads the rasteriser, which a process may do only once, and the font. */
function ready(): Promise<Uint8Array[]> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Uint8Array[]> {
  const file = (name: string): Promise<Buffer> => readFile(fileURLToPath(import.meta.resolve(name)));
  const [wasm, font] = await Promise.all([
    file('@resvg/resvg-wasm/index_bg.wasm'),
    file('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
  ]);
  await initWasm(wasm);
  return [font];
}
