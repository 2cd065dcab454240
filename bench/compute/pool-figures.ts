/** What the pool makes of its threads, and what it takes beside the steps; lenet by the plan. */
import type { Figure } from './figures.js';
import { startLenetPool, Tasks } from './lenet-pool.js';
import { medianOf, share, type Time, timeOf } from './times.js';

const localSteps = 10;

/** Tasks of 10 steps a second on two threads ÷ on one. */
export async function measureThreads(slices: number): Promise<Figure> {
  const tasks = 12;
  const [one, two] = await Promise.all([startLenetPool(1), startLenetPool(2)]);
  const [onOne, onTwo] = [new Tasks(one), new Tasks(two)];
  const times = { one: [] as Time[], two: [] as Time[] };
  for (let slice = -2; slice < slices; slice++) {
    const a = await timeOf(() => onOne.atOnce(tasks, localSteps));
    const b = share(await timeOf(() => onTwo.atOnce(2 * tasks, localSteps)), 2);
    if (slice < 0) continue; // to warm up
    times.one.push(a);
    times.two.push(b);
  }
  await Promise.all([one.close(), two.close()]);
  const { wall, cpu } = medianOf(times.one, times.two, (a, b) => a / b);
  // Two threads need as much processor time as one for the same work, unless they are in each other's way.
  return { name: 'lenet: 2 threads ÷ 1 thread', least: 1.9, values: [{ wall, cpu: 2 * cpu }] };
}

/**
 * Assign → first step and last step → delta, as a share of a task of 10 steps. Ten tasks of 10 steps and one of 100
 * have the same steps: what the former take longer is nine times the overhead.
 */
export async function measureOverhead(slices: number): Promise<Figure> {
  const many = 10;
  const compute = await startLenetPool(1);
  const tasks = new Tasks(compute);
  const times = { many: [] as Time[], one: [] as Time[] };
  for (let slice = -2; slice < slices; slice++) {
    const a = await timeOf(() => tasks.inTurn(many, localSteps));
    const b = await timeOf(() => tasks.one(many * localSteps));
    if (slice < 0) continue; // to warm up
    times.many.push(a);
    times.one.push(b);
  }
  await compute.close();
  const { wall, cpu } = medianOf(times.many, times.one, (a, b) => (a - b) / (many - 1) / (a / many));
  return {
    name: 'lenet: overhead of a task of 10 steps',
    most: 3,
    unit: ' %',
    values: [{ wall: 100 * wall, cpu: 100 * cpu }],
  };
}
