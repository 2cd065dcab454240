/**
 * PyTorch as a peer to be measured against: one Python process that stays, is asked for slices of work over its standard
 * input, and is ended by its handle. Debian's `python3-torch` is installed when it is missing and we may.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PYTHON = '/usr/bin/python3';
const script = fileURLToPath(new URL('../../../bench/peers/training_step.py', import.meta.url));

/** Seconds per step: by the clock, and of processor time, which other programs on the machine disturb less. */
export interface StepTime {
  readonly wall: number;
  readonly cpu: number;
}

export interface TorchPeer {
  readonly version: string;
  /** File of the BLAS library that it has loaded. */
  readonly blas: string;
  /** Runs `steps` training steps. */
  run(steps: number): Promise<StepTime>;
  close(): Promise<void>;
}

function hasTorch(): boolean {
  try {
    execFileSync(PYTHON, ['-c', 'import torch'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Installs Debian's PyTorch if it is missing. @returns why it cannot be had, or undefined when it is there */
export function provideTorch(): string | undefined {
  if (hasTorch()) return undefined;
  const how = 'install it with: sudo apt-get install python3-torch';
  if (process.getuid?.() !== 0) return `PyTorch is missing; ${how}`;
  process.stderr.write('installing python3-torch …\n');
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'python3-torch'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  } catch (cause) {
    return `PyTorch could not be installed (${String(cause)}); ${how}`;
  }
  return hasTorch() ? undefined : `PyTorch was installed but ${PYTHON} cannot import it`;
}

/** @param model which of the models that the script has */
export async function startTorch(model: string): Promise<TorchPeer> {
  const child: ChildProcess = spawn(PYTHON, [script, model], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the peer has no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the peer ${script} ended`);
    return JSON.parse(value) as Record<string, unknown>;
  };
  const { version, blas } = await answer();
  return {
    version: String(version),
    blas: String(blas),
    async run(steps) {
      stdin.write(`${steps}\n`);
      const { wall, cpu } = await answer();
      return { wall: Number(wall), cpu: Number(cpu) };
    },
    async close() {
      const gone = once(child, 'exit');
      stdin.end();
      child.kill();
      await gone;
    },
  };
}
