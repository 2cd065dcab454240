/**
 * The memory of a process whose pool has so many threads, told as a line of JSON: bytes of resident memory after the first
 * tasks, and after a thousand more. A process of its own, so that nothing else is in it.
 *
 *   node dist/bench/compute/pool-memory.js THREADS
 */
import { startLenetPool, Tasks } from './lenet-pool.js';

const compute = await startLenetPool(Number(process.argv[2]));
const tasks = new Tasks(compute);
const thousandTasks = async () => {
  for (let i = 0; i < 100; i++) await tasks.atOnce(10, 1);
};
await thousandTasks();
const first = process.memoryUsage.rss();
await thousandTasks();
const later = process.memoryUsage.rss();
await compute.close();
console.log(JSON.stringify({ first, later }));
