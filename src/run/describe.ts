/** An error's message, or whatever was thrown in its place, on one line. */
export function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
}
