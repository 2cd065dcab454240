/**
 * Reads a law of task times from the text of `--straggler` (`gamma:vtask=0.1,vmach=0.6`) or from an object of a YAML
 * file or the API (`{ law: 'gamma', vtask: 0.1 }`). Whatever is wrong is one line that names the parameter.
 */
import type { z } from 'zod';
import { allowedText } from '../config/allowed.js';
import { didYouMean } from '../config/did-you-mean.js';
import { parseNumber } from '../config/parse-number.js';
import { configError, shownValue } from '../errors.js';
import {
  stragglerSchema,
  type StragglerInput,
  type StragglerLaw,
  type StragglerSpec,
} from './straggler-spec.js';

const laws = new Map(stragglerSchema.options.map((option) => [option.shape.law.value as string, option]));

/** Names of all laws. */
export const stragglerLaws: readonly StragglerLaw[] = stragglerSchema.options.map(
  (option) => option.shape.law.value,
);

/**
 * @param input `LAW`, `LAW:name=value,name=value` or an object with `law` and the parameters
 * @throws StalewartError CONFIG with field `straggler`
 */
export function parseStraggler(input: string | StragglerInput): StragglerSpec {
  const refuse = (allowed: string) => configError('straggler', input, allowed);
  const raw: Record<string, unknown> = typeof input === 'string' ? fromText(input, refuse) : { ...input };
  const name = typeof raw['law'] === 'string' ? raw['law'] : '';
  const law = laws.get(name);
  if (law === undefined) {
    throw refuse(`one of ${stragglerLaws.join(', ')}${didYouMean(name, stragglerLaws)}`);
  }
  const parsed = law.safeParse(raw);
  if (!parsed.success) throw refuse(wrongParameter(name, law, raw, parsed.error));
  const spec = parsed.data;
  return spec.law === 'pareto' ? checkPareto(spec, refuse) : spec;
}

type Refuse = (allowed: string) => Error;

function fromText(text: string, refuse: Refuse): Record<string, unknown> {
  const colon = text.indexOf(':');
  const law = (colon < 0 ? text : text.slice(0, colon)).trim();
  const raw: Record<string, unknown> = { law };
  if (colon < 0) return raw;
  for (const part of text.slice(colon + 1).split(',')) {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(equals, 0)).trim();
    const value = part.slice(equals + 1).trim();
    if (name === '' || value === '' || Object.hasOwn(raw, name)) {
      throw refuse(`LAW:name=value,name=value with each name once, and "${part.trim()}" is not such a pair`);
    }
    raw[name] = name === 'file' ? value : (parseNumber(value) ?? value);
  }
  return raw;
}

function wrongParameter(
  name: string,
  law: (typeof stragglerSchema.options)[number],
  raw: Record<string, unknown>,
  error: z.ZodError,
): string {
  const parameters: Readonly<Record<string, z.ZodType>> = law.shape;
  const names = Object.keys(parameters).filter((parameter) => parameter !== 'law');
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? '';
    const known = names.length === 0 ? 'no parameters' : `the parameters ${names.join(', ')} only`;
    return `${name} with ${known}, and "${unknown}" is none of them${didYouMean(unknown, names)}`;
  }
  const parameter = String(issue?.path[0] ?? '');
  const schema = parameters[parameter];
  const allowed = schema === undefined ? 'another value' : allowedText(schema, raw[parameter]);
  const given = Object.hasOwn(raw, parameter)
    ? `and it is ${shownValue(raw[parameter])}`
    : 'and it is missing';
  return `${name} with ${parameter} ${allowed}, ${given}`;
}

function checkPareto(spec: Extract<StragglerSpec, { law: 'pareto' }>, refuse: Refuse): StragglerSpec {
  if (spec.mean !== undefined && spec.scale !== undefined) {
    throw refuse('pareto with either mean or scale, and both are given');
  }
  if (spec.scale !== undefined) return spec;
  if (spec.shape <= 1) {
    throw refuse(
      `pareto with shape above 1 where its mean is given (use scale otherwise), and it is ${spec.shape}`,
    );
  }
  return { ...spec, mean: spec.mean ?? 1 };
}
