/** Looks into a figure's specification: the data and the mark of each layer. */
import { z } from 'zod';
import type { Figure } from '../../src/report/figures/figure.js';

const layerSchema = z.object({
  data: z.object({ values: z.array(z.record(z.string(), z.unknown())) }),
  mark: z.looseObject({ type: z.string() }),
});
const specSchema = z.object({ layer: z.array(layerSchema) });

export type FigureLayer = z.infer<typeof layerSchema>;

/** The layers with such a mark, in their order. */
export function layersOf({ spec }: Figure, type: string): readonly FigureLayer[] {
  return specSchema.parse(JSON.parse(JSON.stringify(spec))).layer.filter(({ mark }) => mark.type === type);
}

/** Of each value of a layer these fields. */
export function valuesOf(layer: FigureLayer | undefined, ...fields: readonly string[]): unknown[][] {
  return (layer?.data.values ?? []).map((value) => fields.map((field) => value[field]));
}
