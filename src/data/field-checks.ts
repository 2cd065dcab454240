/**
 * The small checks behind `asDataset`: each throws one line that names the field. Values are unknown here, because a
 * user's module may be plain JavaScript.
 */

import type { StalewartError } from '../errors.js';
import { dataError } from './data-error.js';

const mend = 'See docs/data.md, "Bring your own"';

/** @throws StalewartError DATA naming `field` unless `holds` */
export function requireThat(holds: boolean, field: string, wrong: string): asserts holds {
  if (!holds) {
    throw fieldError(field, wrong);
  }
}

/** For checks in long loops, where the message must not be put together for every element. */
export function fieldError(field: string, wrong: string): StalewartError {
  return dataError(field, wrong, mend);
}

/** @throws StalewartError DATA naming `field` unless `value` is an object */
export function fields(value: unknown, field: string): Readonly<Record<string, unknown>> {
  requireThat(typeof value === 'object' && value !== null, field, `is ${show(value)}, not an object`);
  return value as Readonly<Record<string, unknown>>;
}

export function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

/** Short enough for one line. */
export function show(value: unknown): string {
  const text = typeof value === 'object' && value !== null ? value.constructor?.name : String(value);
  return (text ?? 'an object').slice(0, 60);
}

export function isFinitePositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
