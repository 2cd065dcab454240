/** Programs as processes that are killed at an event. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TrainOptions } from '../../../src/index.js';

const liveRun = fileURLToPath(new URL('./live-run.js', import.meta.url));
const cli = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
}

/** @param onLine sees each line of standard output and standard error, and the process */
async function toTheEnd(
  child: ChildProcess,
  onLine: (line: string, child: ChildProcess) => void,
): Promise<Ended> {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      onLine(line, child);
    });
  }
  await once(child, 'close');
  return { code: child.exitCode, signal: child.signalCode, lines };
}

/** `live-run.ts` with these options. */
export function runLive(
  options: TrainOptions,
  onLine: (line: string, child: ChildProcess) => void = () => undefined,
): Promise<Ended> {
  return toTheEnd(spawn(process.execPath, [liveRun, JSON.stringify(options)]), onLine);
}

/** The program as a user calls it. */
export function runProgram(
  args: readonly string[],
  onLine: (line: string, child: ChildProcess) => void = () => undefined,
): Promise<Ended> {
  return toTheEnd(spawn(process.execPath, [cli, ...args]), onLine);
}

/** Versions that were told, in order. */
export function versionsIn({ lines }: Ended): readonly number[] {
  return lines.flatMap((line) => {
    const [, version] = /^round (\d+) /.exec(line) ?? [];
    return version === undefined ? [] : [Number(version)];
  });
}
