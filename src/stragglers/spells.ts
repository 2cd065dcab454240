/**
 * One worker's slow spells: an alternating renewal process with exponential spells and pauses (a two-state Markov
 * process), begun in its steady state. The spells depend on the seed and the worker alone; work that meets a spell
 * advances 1/factor as fast while it lasts, so a task may begin before a spell and end after it.
 */
import { randomExponential } from 'd3-random';
import type { Random } from '../random/seeded-random.js';
import type { Burst } from './bursts.js';

export interface Spells {
  /** Whether a spell is on at this time. */
  activeAt(time: number): boolean;
  /** How long `work` takes that is begun at `from` and would take `work` without any spell. */
  stretch(work: number, from: number): number;
  /** By what factor work takes longer in the long run: (on + off) / (off + on / factor). */
  readonly longRunFactor: number;
}

/** @param random the worker's own stream: drawn from as far as times are asked for */
export function createSpells({ on, off, factor }: Burst, random: Random): Spells {
  const startsOn = random() < on / (on + off);
  const spell = randomExponential.source(random)(1 / on);
  const pause = randomExponential.source(random)(1 / off);
  /** End of each phase; phases alternate, and even ones are like the first. */
  const ends: number[] = [];

  const isOn = (phase: number) => (phase % 2 === 0) === startsOn;
  const endOf = (phase: number): number => {
    while (ends.length <= phase) {
      ends.push((ends.at(-1) ?? 0) + (isOn(ends.length) ? spell() : pause()));
    }
    return ends[phase] ?? Infinity;
  };
  const phaseAt = (time: number): number => {
    while ((ends.at(-1) ?? -Infinity) <= time) endOf(ends.length);
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    longRunFactor: (on + off) / (off + on / factor),
    activeAt: (time) => isOn(phaseAt(time)),
    stretch(work, from) {
      if (!Number.isFinite(work)) return work;
      let remaining = work;
      let time = from;
      for (let phase = phaseAt(from); ; phase++) {
        const rate = isOn(phase) ? 1 / factor : 1;
        const end = endOf(phase);
        const possible = (end - time) * rate;
        if (possible >= remaining) return time + remaining / rate - from;
        remaining -= possible;
        time = end;
      }
    },
  };
}
