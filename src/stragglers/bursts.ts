/**
 * Slow spells that come and go: how long a worker's spells and the pauses between them last on average, and how much
 * longer its work takes during a spell. As text `8:on=10,off=30,factor=4;9:on=5,off=60,factor=8`, or as a record.
 * `spells.ts` draws the spells.
 */
import { z } from 'zod';
import { allowedText } from '../config/allowed.js';
import { parseNumber } from '../config/parse-number.js';
import { configError, shownValue } from '../errors.js';
import { isWorkerKey, type PerWorker, splitPairs } from './per-worker.js';

const burstSchema = z.strictObject({
  /** Mean length of a spell: seconds live, virtual units in simulation. */
  on: z.number().positive(),
  /** Mean length of the pause between two spells. */
  off: z.number().positive(),
  /** How much longer work takes during a spell. */
  factor: z.number().min(1),
});

export type Burst = z.output<typeof burstSchema>;

/** Slow spells by worker index or `all`. */
export type Bursts = PerWorker<Burst>;

export type BurstsInput = string | Bursts;

/** @throws StalewartError CONFIG with field `bursts` */
export function parseBursts(input: BurstsInput): Bursts {
  const refuse = (detail: string) =>
    configError(
      'bursts',
      input,
      `WORKER:on=TIME,off=TIME,factor=F;…, such as 8:on=10,off=30,factor=4, and ${detail}`,
    );
  const bursts: Record<string, Burst> = {};
  for (const [key, raw] of entriesOf(input, refuse)) {
    if (!isWorkerKey(key)) throw refuse(`"${key}" is neither a worker's index nor all`);
    const parsed = burstSchema.safeParse(raw);
    if (!parsed.success) throw refuse(`${key} has ${wrongPart(raw, parsed.error)}`);
    bursts[key] = parsed.data;
  }
  return bursts;
}

function entriesOf(input: BurstsInput, refuse: (detail: string) => Error): [string, unknown][] {
  if (typeof input !== 'string') return Object.entries(input);
  return splitPairs(input, ';', refuse).map(([key, text]) => {
    const parts = text.split(',').map((part) => part.split('=').map((side) => side.trim()));
    return [
      key,
      Object.fromEntries(parts.map(([name = '', value = '']) => [name, parseNumber(value) ?? value])),
    ];
  });
}

function wrongPart(raw: unknown, error: z.ZodError): string {
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys')
    return `"${issue.keys[0] ?? ''}", which is none of on, off, factor`;
  const name = issue?.path[0];
  if (name !== 'on' && name !== 'off' && name !== 'factor') return shownValue(raw);
  const value =
    typeof raw === 'object' && raw !== null
      ? Object.entries(raw).find(([key]) => key === name)?.[1]
      : undefined;
  const given = value === undefined ? 'missing' : shownValue(value);
  return `${name} ${given}, which must be ${allowedText(burstSchema.shape[name], value)}`;
}
