/**
 * PyTorch as a peer to be measured against: one Python process that stays, is asked for slices of work over its standard
 * input, and is ended by its handle.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Time } from '../compute/times.js';
import type { Torch } from './find-torch.js';

const script = fileURLToPath(new URL('../../../bench/peers/training_step.py', import.meta.url));

export interface PeerOptions {
  /** One that the script has. */
  readonly model: string;
  /** Default: 1. */
  readonly threads?: number;
  /** A step is a forward pass over so many images. Default: a training step. */
  readonly forward?: number;
}

export interface TorchPeer {
  readonly version: string;
  /** File of the BLAS library that it has loaded. */
  readonly blas: string;
  /** Runs so many steps. @returns the time of one */
  run(steps: number): Promise<Time>;
  close(): Promise<void>;
}

export async function startTorch(
  { python }: Torch,
  { model, threads = 1, forward }: PeerOptions,
): Promise<TorchPeer> {
  const words = [script, model, '--threads', String(threads)];
  if (forward !== undefined) words.push('--forward', String(forward));
  const env = {
    ...process.env,
    OMP_NUM_THREADS: String(threads),
    // Threads that wait by spinning take ten times as long as soon as another program wants a core.
    OMP_WAIT_POLICY: 'passive',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  const child: ChildProcess = spawn(python, words, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the peer has no pipes');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<Record<string, unknown>> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the peer ${python} ${script} ended`);
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
