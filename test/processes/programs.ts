/** Programs of ours as processes, for tests: their lines as they come, how they ended, and none that outlives its test. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mainFile } from '../cli/run-cli.js';

export interface Program {
  readonly pid: number;
  /** Lines of standard error so far. */
  readonly lines: readonly string[];
  /** The first line, past or to come, that matches. Rejects if the program ends without it. */
  line(pattern: RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves with the exit code (null: ended by a signal) once all that it wrote has been read. */
  readonly ended: Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Starts `stalewart` with these arguments. */
export function startProgram(args: readonly string[], cwd: string): Program {
  const child = spawn(process.execPath, [mainFile, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let over = false;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => {
      running.delete(child);
      over = true;
      for (const look of waiting) look();
      resolve(code);
    });
  });
  assert.ok(child.pid !== undefined);
  return {
    pid: child.pid,
    lines,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => pattern.test(line));
          if (found === undefined && !over) return;
          waiting.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`no line matched ${String(pattern)}:\n${lines.join('\n')}`));
        };
        waiting.add(look);
        look();
      }),
    kill: (signal) => void child.kill(signal),
    ended,
  };
}

/** For `afterEach`: ends whatever a test has left running. */
export async function endPrograms(): Promise<void> {
  await Promise.all(
    [...running].map(
      (child) =>
        new Promise<void>((resolve) => {
          child.on('close', () => resolve());
          child.kill('SIGKILL');
        }),
    ),
  );
}
