/**
 * One line of `journal.jsonl` per step of the round engine, without loss: what is read back equals what was written,
 * bit for bit. A field is left out where its value is the one that the lines above lead to (`journal-model.ts`), which
 * makes an update about a third as long. Every stretch of a journal starts with a header line that resets the model,
 * so that a run that resumes may append.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { EngineStep } from '../../protocols/sync/events.js';
import { parseExact, stringifyExact } from './exact-json.js';
import { createJournalModel, type Fields } from './journal-model.js';
import { effectSchema, engineEventSchema } from './journal-schema.js';

/** Format of the lines; grows when an old reader could no longer read them. */
const JOURNAL_FORMAT = 1;

const headerSchema = z.strictObject({ journal: z.literal(JOURNAL_FORMAT), run: z.string() });
const fieldsSchema = z.record(z.string(), z.unknown());
const lineSchema = z.strictObject({ event: fieldsSchema, effects: z.array(fieldsSchema).default([]) });

/** Keys whose strings "NaN", "Infinity", "-Infinity" and "-0" are numbers; elsewhere such a string is a string. */
const numeric = new Set(['time', 'at', 'loss', 'firstLoss', 'weight', 'scale', 'staleness', 'maxStaleness']);

/** First line of a journal. */
export function journalHeader(run: string): string {
  return stringifyExact({ journal: JOURNAL_FORMAT, run });
}

function withoutPredicted(message: object, predicted: Fields): Fields {
  const kept = Object.entries(message).filter(
    ([key, value]) => !(key in predicted && isDeepStrictEqual(value, predicted[key])),
  );
  return Object.fromEntries(kept);
}

/** Turns the steps of one run, in order, into lines (without the line feed). Belongs below one header line. */
export function createJournalEncoder(): (step: EngineStep) => string {
  const model = createJournalModel();
  return ({ event, effects }) => {
    const line: { event: Fields; effects?: Fields[] } = {
      event: withoutPredicted(event, model.predict({ ...event }, null)),
    };
    model.observe(event, null);
    const written = effects.map((effect) => {
      const fields = withoutPredicted(effect, model.predict({ ...effect }, event));
      model.observe(effect, event);
      return fields;
    });
    if (written.length > 0) line.effects = written;
    return stringifyExact(line);
  };
}

/**
 * Turns lines back into steps; a header line gives null.
 * @throws SyntaxError or ZodError if a line is damaged
 */
export function createJournalDecoder(): (line: string) => EngineStep | null {
  let model: ReturnType<typeof createJournalModel> | null = null;
  return (line) => {
    const parsed = parseExact(line, (key) => numeric.has(key));
    if (model === null || (typeof parsed === 'object' && parsed !== null && 'journal' in parsed)) {
      headerSchema.parse(parsed);
      model = createJournalModel();
      return null;
    }
    const known = model;
    const written = lineSchema.parse(parsed);
    const event = engineEventSchema.parse({ ...known.predict(written.event, null), ...written.event });
    known.observe(event, null);
    const effects = written.effects.map((fields) => {
      const effect = effectSchema.parse({ ...known.predict(fields, event), ...fields });
      known.observe(effect, event);
      return effect;
    });
    return { event, effects };
  };
}
