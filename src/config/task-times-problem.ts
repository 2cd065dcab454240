/** Task times on which simulated time cannot pass, or would not pass as the law says. */
import { createTaskTimes, describeFleet } from '../stragglers/task-times.js';
import type { ParsedTrainConfig } from './schema.js';

/** What the law must be instead; null if it can be used. */
export function taskTimesProblem(config: ParsedTrainConfig): string | null {
  const { straggler, workers, seed, slowdown, bursts } = config;
  if (straggler.law === 'none') return 'a law by which tasks take time, such as exponential';
  const fleet = describeFleet(createTaskTimes(straggler, { workers, seed, slowdown, bursts }));
  return fleet.some(({ meanTime }) => meanTime === Infinity)
    ? 'a law whose mean is finite, as pareto has it with shape above 1'
    : null;
}
