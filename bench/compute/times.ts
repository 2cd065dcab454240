/** Times and their medians. Medians of slices that alternate between the rivals meet the machine's moods alike. */

/** Seconds, by the clock and of processor time, which other programs on the machine disturb less. */
export interface Time {
  readonly wall: number;
  readonly cpu: number;
}

/** What this process, its threads among it, takes for `work`. */
export async function timeOf(work: () => unknown): Promise<Time> {
  const start = performance.now();
  const busy = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(busy);
  return { wall: (performance.now() - start) / 1e3, cpu: (user + system) / 1e6 };
}

/** The time of one of `parts` equal parts. */
export function share({ wall, cpu }: Time, parts: number): Time {
  return { wall: wall / parts, cpu: cpu / parts };
}

/** Half-way between the middle two of an even number. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** Median over slices, by the clock and by processor time. */
export function medianTime(times: readonly Time[]): Time {
  return { wall: median(times.map(({ wall }) => wall)), cpu: median(times.map(({ cpu }) => cpu)) };
}

/** Median of what `compare` makes of the two times of a slice, by the clock and by processor time. */
export function medianOf(
  a: readonly Time[],
  b: readonly Time[],
  compare: (a: number, b: number) => number,
): Time {
  const by = (of: (time: Time) => number) =>
    median(
      a.flatMap((time, slice) => {
        const other = b[slice];
        return other === undefined ? [] : [compare(of(time), of(other))];
      }),
    );
  return { wall: by(({ wall }) => wall), cpu: by(({ cpu }) => cpu) };
}
