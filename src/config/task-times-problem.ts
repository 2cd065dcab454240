/** Task times on which simulated time cannot pass, or would not pass as the law says. */
import { createTaskTimes, describeFleet, type TaskTimesOptions } from '../stragglers/task-times.js';
import type { ParsedTrainConfig } from './schema.js';

/** What of the task times cannot be, and what it must be instead; null if they can be used. */
export function taskTimesProblem(
  config: ParsedTrainConfig,
): { readonly setting: 'straggler' | 'slowdown' | 'bursts'; readonly allowed: string } | null {
  const { straggler, workers, seed, slowdown, bursts } = config;
  if (straggler.law === 'none') {
    return { setting: 'straggler', allowed: 'a law by which tasks take time, such as exponential' };
  }
  const isEndless = (what: Pick<TaskTimesOptions, 'slowdown' | 'bursts'>): boolean =>
    describeFleet(createTaskTimes(straggler, { workers, seed, ...what })).some(
      ({ meanTime }) => meanTime === Infinity,
    );
  if (isEndless({})) {
    return {
      setting: 'straggler',
      allowed: 'a law whose mean is finite, as pareto has it with shape above 1',
    };
  }
  const allowed = 'so that tasks still take a finite time on average';
  if (isEndless({ slowdown })) return { setting: 'slowdown', allowed };
  return isEndless({ slowdown, bursts }) ? { setting: 'bursts', allowed } : null;
}
