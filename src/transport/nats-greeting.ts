/** The first line that a nats-server says, before anything is encrypted: what it asks of its clients. */
import { z } from 'zod';

/** Longest first line that is waited for, in characters. */
const longest = 65_536;

const greetingSchema = z.object({
  version: z.string().default(''),
  tls_required: z.boolean().default(false),
  tls_available: z.boolean().default(false),
  tls_verify: z.boolean().default(false),
  auth_required: z.boolean().default(false),
});
export type Greeting = z.infer<typeof greetingSchema>;

/** @returns `unfinished` while the line has not ended; null: it is no greeting of a nats-server */
export function readGreeting(text: string): Greeting | 'unfinished' | null {
  const start = 'INFO ';
  if (!start.startsWith(text.slice(0, start.length))) return null;
  const end = text.indexOf('\n');
  if (end < 0) return text.length > longest ? null : 'unfinished';
  try {
    return greetingSchema.parse(JSON.parse(text.slice(start.length, end)));
  } catch {
    return null;
  }
}
