/** What an error says, as a part of a sentence: its message, or whatever was thrown, up to the end of the first line. */
export function firstLine(thrown: unknown): string {
  const text = (thrown instanceof Error ? thrown.message : String(thrown)).trim();
  return text.split('\n')[0]?.trim() ?? '';
}
