/** Labels of bounded length. */

/** How many letters a text shows; a letter outside of the basic plane counts once. */
export function letterCount(text: string): number {
  return Array.from(text).length;
}

/** The text, or its beginning and `…` if it has more than `most` letters. */
export function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}
