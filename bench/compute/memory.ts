/** What a thread of the pool takes, and whether tasks leave anything behind; lenet by the plan. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Figure } from './figures.js';
import { median } from './times.js';

const script = fileURLToPath(new URL('./pool-memory.js', import.meta.url));
const processes = 3;
const megabyte = 2 ** 20;

async function memoryWith(threads: number): Promise<{ first: number; later: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, String(threads)]);
  return JSON.parse(stdout) as { first: number; later: number };
}

export async function measureMemory(): Promise<Figure[]> {
  const perThread: number[] = [];
  const growth: number[] = [];
  for (let i = 0; i < processes; i++) {
    const [one, two] = [await memoryWith(1), await memoryWith(2)];
    perThread.push((two.first - one.first) / megabyte);
    growth.push((two.later - two.first) / megabyte);
  }
  const figure = { unit: ' MB', digits: 0 };
  return [
    { ...figure, name: 'lenet: memory per thread', most: 150, values: [{ wall: median(perThread) }] },
    { ...figure, name: 'lenet: more after 1,000 tasks', most: 30, values: [{ wall: median(growth) }] },
  ];
}
