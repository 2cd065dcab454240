/** Whoever does the same work: their slices alternate, so that the machine's moods meet all alike. */
import { median, type Time } from './times.js';

export interface Rival {
  readonly name: string;
  /** Takes so many steps. @returns the time of one */
  run(steps: number): Promise<Time>;
}

/** Seconds that a slice is to last. */
const sliceSeconds = 0.06;
/** TensorFlow.js is a lot of JavaScript: V8 is at it for hundreds of its steps. */
const warmUpSeconds = 1.5;

/** @returns for every rival the time of a step in each slice, after some slices to warm up */
export async function alternate(rivals: readonly Rival[], slices: number): Promise<readonly Time[][]> {
  const steps: number[] = [];
  for (const rival of rivals) steps.push(await warmUp(rival));
  const times: Time[][] = rivals.map(() => []);
  for (let slice = 0; slice < slices; slice++) {
    for (const [i, rival] of rivals.entries()) times[i]?.push(await rival.run(steps[i] ?? 1));
  }
  return times;
}

/** @param images that a step sees */
export function printTimes(
  title: string,
  rivals: readonly Rival[],
  times: readonly Time[][],
  images: number,
): void {
  const heads = ['wall ms', 'cpu ms', 'best ms', 'images/s'].map((head) => head.padStart(12)).join('');
  console.log(`\n${title.padEnd(50)}${heads}`);
  for (const [i, { name }] of rivals.entries()) {
    const own = times[i] ?? [];
    const wall = median(own.map((time) => time.wall));
    const cpu = median(own.map((time) => time.cpu));
    const best = Math.min(...own.map((time) => time.wall));
    const figures = [wall, cpu, best].map((seconds) => (seconds * 1e3).toFixed(2));
    figures.push(Math.round(images / wall).toString());
    console.log(`  ${name.padEnd(48)}${figures.map((figure) => figure.padStart(12)).join('')}`);
  }
}

/** @returns how many steps make a slice */
async function warmUp({ run }: Rival): Promise<number> {
  let steps = 1;
  for (let seconds = 0; seconds < warmUpSeconds; ) {
    const { wall } = await run(steps);
    seconds += wall * steps;
    steps = Math.max(1, Math.round(sliceSeconds / wall));
  }
  return steps;
}
