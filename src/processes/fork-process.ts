/**
 * Starts a module of ours as a process of its own that cannot outlive this one: it holds a channel to us, and ends when the
 * system closes it, however we end. Its job travels over that channel, so no address or password is ever in a list of
 * processes.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ForkedProcess {
  readonly pid: number;
  /** Resolves (never rejects) when it has ended, with how. */
  readonly ended: Promise<string>;
  /** Asks it to end, and makes it after a while; resolves when it has ended. */
  stop(): Promise<void>;
}

/** How long it may take to take its leave. */
const graceMilliseconds = 5000;

/** @param onLine told every line that it writes */
export function forkProcess(module: URL, job: object, onLine: (line: string) => void): ForkedProcess {
  const child = fork(fileURLToPath(module), [], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let lastLine = '';
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lastLine = line;
      onLine(line);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(`could not be started: ${error.message}`));
    child.on('exit', (code, signal) => {
      const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
      resolve(code === null || lastLine === '' ? how : `${how}: ${lastLine}`);
    });
  });
  // It may have ended before it heard its job: `ended` tells.
  child.send(job, () => undefined);
  return {
    pid: child.pid ?? 0,
    ended,
    async stop() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      const force = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
      if (child.connected) child.disconnect();
      else child.kill('SIGTERM');
      await exit;
      clearTimeout(force);
    },
  };
}
