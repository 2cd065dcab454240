/**
 * A nats-server for one run on this machine: on a free port of the loopback interface, behind a password that only this program
 * and its own processes know. Invariant: it does not outlive this process, however that ends: a shell beside it waits for
 * the end of its standard input, which the system closes, and then kills it.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { StalewartError } from '../errors.js';
import { findNatsServer } from './find-program.js';

export interface PrivateNats {
  /** With the password. */
  readonly url: string;
  readonly pid: number;
  close(): Promise<void>;
}

/** The shell becomes the server (`exec`), so the child's pid is the server's. A line on standard input dismisses the
 *  watcher, its end alone makes it kill. */
const watched = 'exec 3<&0; (if read -r _ <&3; then :; else kill -9 $$; fi) & exec "$@" 3<&- </dev/null';

const howToGet =
  'install it (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server), set STALEWART_NATS_SERVER to its path, or name a server that runs with --nats';

type Server = ChildProcessByStdio<Writable, null, Readable>;

/** @throws StalewartError SERVICE if there is no nats-server, or it does not start */
export async function startPrivateNats(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<PrivateNats> {
  const program = findNatsServer(env);
  if (program === null) {
    throw new StalewartError('SERVICE', `processes need a nats-server, and none was found: ${howToGet}`, {
      field: 'processes',
    });
  }
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-nats-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const password = randomBytes(16).toString('hex');
    const config = join(folder, 'nats.conf');
    await writeFile(config, settings(password), { mode: 0o600 });
    // One thread serves a machine best that also trains.
    const child = spawn('sh', ['-c', watched, 'sh', program, '-c', config], {
      env: { ...env, GOMAXPROCS: env['GOMAXPROCS'] ?? '1' },
      stdio: ['pipe', 'ignore', 'pipe'],
      // Ctrl-C is for the run, which needs its server to the end.
      detached: true,
    });
    child.stdin.on('error', () => undefined);
    const ended = once(child, 'exit');
    const port = await listeningPort(child, program);
    return {
      url: `nats://stalewart:${password}@127.0.0.1:${port}`,
      pid: child.pid ?? 0,
      async close() {
        child.kill('SIGKILL');
        await ended;
        child.stdin.end('\n');
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

/** As deploy/nats/single.conf has it, for one machine. */
function settings(password: string): string {
  return `listen: "127.0.0.1:-1"
max_payload: 8MB
max_pending: 256MB
write_deadline: "10s"
authorization { user: stalewart, password: "${password}" }
`;
}

/** The port that its log names, once the log says that it is ready. Reads the log to its end, lest it fill the pipe. */
function listeningPort(child: Server, program: string): Promise<number> {
  const log = createInterface({ input: child.stderr });
  const lines: string[] = [];
  let port = 0;
  return new Promise((resolve, reject) => {
    const fail = (why: string): void =>
      reject(new StalewartError('SERVICE', `${program} did not start: ${why}`, { field: 'processes' }));
    log.on('line', (line) => {
      if (lines.length < 100) lines.push(line);
      const listening = /Listening for client connections on \S+:(\d+)/.exec(line);
      if (listening !== null) port = Number(listening[1]);
      if (line.includes('Server is ready')) resolve(port);
    });
    log.on('close', () => fail(lines.at(-1) ?? 'it said nothing'));
    child.on('error', ({ message }) => fail(message));
  });
}
