/** Lets a parser with errors of its own stand behind a field of the schema. */
import { z } from 'zod';
import { StalewartError } from '../errors.js';

/** Runs a parser whose error says what is allowed; the error becomes the field's issue. */
export function parsedBy<In, Out>(parse: (input: In) => Out) {
  return (input: In, context: z.RefinementCtx<In>): Out => {
    try {
      return parse(input);
    } catch (error) {
      if (!(error instanceof StalewartError)) throw error;
      context.addIssue({ code: 'custom', message: error.allowed ?? error.message });
      return z.NEVER;
    }
  };
}

/** An object whose contents the parser behind it checks, with better words than the schema has. */
export function objectFor<T extends object>() {
  return z.custom<T>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
}
