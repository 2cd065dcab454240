/** CPU time of another process, as Linux tells it. */
import { readFileSync } from 'node:fs';

/** Of a second: what Linux counts in, on every machine that Node.js runs on. */
const ticksPerSecond = 100;

/** Seconds that the process has computed since its start, in and out of the kernel; null where that cannot be known. */
export function cpuSecondsOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in brackets, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return null;
  }
}

/** Of this process. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
