/**
 * A guess at what a misspelt word was meant to be: the name nearest by edit distance (insertions, deletions,
 * substitutions, swapped neighbours; case and separators do not count) if more than 60 % of the longer one agrees.
 */

/** ` (did you mean "NAME"?)`, or the empty string if nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const guess = nearest(word, candidates);
  return guess === undefined ? '' : ` (did you mean "${guess}"?)`;
}

/** The candidate nearest to `word`, or undefined if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plainWord = plain(word);
  let best: string | undefined;
  let bestSimilarity = 0.6;
  for (const candidate of candidates) {
    const plainCandidate = plain(candidate);
    const length = Math.max(plainWord.length, plainCandidate.length);
    const similarity = 1 - editDistance(plainWord, plainCandidate) / length;
    if (similarity > bestSimilarity) {
      best = candidate;
      bestSimilarity = similarity;
    }
  }
  return best;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s.]/g, '');
}

function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const transposition = swapped ? (beforePrevious[j - 2] ?? 0) + 1 : Infinity;
      current[j] = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution, transposition);
    }
    [beforePrevious, previous] = [previous, current];
  }
  return previous[b.length] ?? 0;
}
