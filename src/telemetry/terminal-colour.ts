/** What is asked of a stream before it is written to in colour. */
export interface ColourStream {
  readonly isTTY?: boolean;
}

/**
 * Whether text for `stream` has colours: on a terminal that can show them, unless the user wishes none
 * (https://no-color.org). A file or a pipe gets none, wherever the program runs.
 */
export function wantsColour(
  stream: ColourStream,
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && env['TERM'] !== 'dumb' && (env['NO_COLOR'] ?? '') === '';
}
