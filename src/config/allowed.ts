/**
 * What a zod schema allows, in the words of an error line (`it must be …`), of `--help` and of the docs. Derived from
 * the schema itself, so that text and check cannot disagree.
 */
import { z } from 'zod';

/** The part of JSON Schema that settings use. */
interface Shape {
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly Shape[] | undefined;
  readonly const?: unknown;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly exclusiveMaximum?: number | undefined;
}

/**
 * `an integer from 1 to 10000`, `a number above 0 and below 1`, `one of a, b`, `true or false`.
 * @param refused the value that is not allowed: where only its being infinite is wrong, the text says so
 */
export function allowedText(schema: z.ZodType, refused?: unknown): string {
  return describe(shapeOf(schema), refused);
}

/** The schema's kind of value, for turning the text of a flag into it. */
export function valueKind(schema: z.ZodType): 'number' | 'boolean' | 'text' {
  const types = alternatives(shapeOf(schema)).flatMap((shape) => shape.type ?? []);
  if (types.includes('boolean')) return 'boolean';
  return types.every((type) => type === 'number' || type === 'integer' || type === 'null')
    ? 'number'
    : 'text';
}

/** Whether `null` (none) may be given. */
export function allowsNull(schema: z.ZodType): boolean {
  return alternatives(shapeOf(schema)).some((shape) => [shape.type].flat().includes('null'));
}

/** The names that an enumeration allows; empty for any other schema. */
export function choicesOf(schema: z.ZodType): readonly string[] {
  return alternatives(shapeOf(schema)).flatMap((shape) => (shape.enum ?? []).map(String));
}

function shapeOf(schema: z.ZodType): Shape {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return json as Shape; // the library's own type is wider than what these schemas produce
}

function alternatives(shape: Shape): readonly Shape[] {
  return shape.anyOf === undefined ? [shape] : shape.anyOf.flatMap(alternatives);
}

function describe(shape: Shape, refused: unknown): string {
  return [...new Set(alternatives(shape).map((one) => describeOne(one, refused)))].join(' or ');
}

function describeOne(shape: Shape, refused: unknown): string {
  if (shape.enum !== undefined) {
    return shape.enum.length === 1 ? String(shape.enum[0]) : `one of ${shape.enum.map(String).join(', ')}`;
  }
  if (shape.const === null) return 'Infinity'; // JSON Schema has no other word for it
  const types = [shape.type ?? []].flat();
  const words = types.map((type) => {
    if (type === 'integer') return `an integer${range(shape)}`;
    if (type === 'number') return `a ${isUnboundedFor(shape, refused) ? 'finite ' : ''}number${range(shape)}`;
    if (type === 'boolean') return 'true or false';
    if (type === 'null') return 'none';
    return 'a text';
  });
  return words.join(' or ');
}

/** No bound of the schema speaks against such a value. */
function isUnboundedFor({ maximum, exclusiveMaximum }: Shape, value: unknown): boolean {
  return value === Infinity && maximum === undefined && exclusiveMaximum === undefined;
}

function range({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Shape): string {
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const low = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  const bounds = [
    low === undefined ? '' : `at least ${low}`,
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    high === undefined ? '' : `at most ${high}`,
    exclusiveMaximum === undefined ? '' : `below ${exclusiveMaximum}`,
  ].filter((bound) => bound !== '');
  if (bounds.length === 0) return '';
  return `${bounds[0]?.startsWith('at ') === true ? ' of' : ''} ${bounds.join(' and ')}`;
}
