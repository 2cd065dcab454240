/** What is missing in the runs of a report, a line for each thing that is missing and not for each run. */
import type { RunFacts } from './run-facts.js';

/** More runs than this are counted, not named. */
const mostNames = 3;

export function missingNotes(runs: readonly RunFacts[]): readonly string[] {
  const lacking = new Map<string, string[]>();
  for (const { name, missing } of runs) {
    for (const line of missing) lacking.set(line, [...(lacking.get(line) ?? []), name]);
  }
  return [...lacking].map(([line, names]) => {
    const who = names.length <= mostNames ? names.join(', ') : `${names.length} of ${runs.length} runs`;
    return `${who}: ${line}`;
  });
}
