/**
 * A real nats-server for a test, on a free port of 127.0.0.1. Invariant: it never outlives this process, however that
 * ends: a shell beside it waits for the end of its standard input, which the system closes, and then kills it.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface NatsServerOptions {
  /** Configuration file (`-c`); address and port are overridden all the same. */
  readonly config?: string;
  /** Folder in which it is started, to which paths in its configuration are relative. */
  readonly cwd?: string;
  /** More command-line arguments. */
  readonly args?: readonly string[];
  /** A fixed port instead of a free one. */
  readonly port?: number;
}

export interface NatsServer {
  readonly url: string;
  readonly port: number;
  /** Of the process that runs now; changes with `restart`. */
  readonly pid: number;
  /** Sends a signal; resolves when the process has ended, or at once for signals that do not end it. */
  kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it anew on the same port, ending it first if it runs; resolves when it takes connections. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The shell becomes the server (`exec`), so the child's pid is the server's. A line on standard input dismisses the
 *  watcher, its end alone makes it kill. */
const watched = 'exec 3<&0; (if read -r _ <&3; then :; else kill -9 $$; fi) & exec "$@" 3<&- </dev/null';
const installer = fileURLToPath(new URL('../../../scripts/get-nats-server.mjs', import.meta.url));

interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  readonly port: number;
  readonly ended: Promise<void>;
}

export async function startNatsServer(options: NatsServerOptions = {}): Promise<NatsServer> {
  const program = execFileSync(process.execPath, [installer, '--where'], { encoding: 'utf8' }).trim();
  let running = await launch(program, options, options.port ?? -1);
  const { port } = running;

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    running.child.kill(signal);
    await running.ended;
  };

  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    get pid() {
      return running.pid;
    },
    async kill(signal) {
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') running.child.kill(signal);
      else await end(signal);
    },
    async restart() {
      await end('SIGKILL');
      running = await launch(program, options, port);
    },
    async stop() {
      await end('SIGKILL');
    },
  };
}

async function launch(program: string, options: NatsServerOptions, port: number): Promise<Running> {
  const { config, args = [], cwd } = options;
  const configured = config === undefined ? [] : ['-c', config];
  const command = [program, ...configured, '-a', '127.0.0.1', '-p', String(port), ...args];
  // One thread serves a small machine best, and leaves the other cores to the tests.
  const env = { ...process.env, GOMAXPROCS: '1' };
  const child = spawn('sh', ['-c', watched, 'sh', ...command], {
    env,
    stdio: 'pipe',
    ...(cwd === undefined ? {} : { cwd }),
  });
  const ended = once(child, 'exit').then(() => {
    child.stdin.end('\n');
  });
  child.stdin.on('error', () => undefined);
  const chosen = await listeningPort(child);
  if (child.pid === undefined) throw new Error('nats-server has no process id');
  return { child, pid: child.pid, port: chosen, ended };
}

/** The port that its log names, once the log says that it is ready. Reads the log to its end, lest it fill the pipe. */
function listeningPort(child: ChildProcessWithoutNullStreams): Promise<number> {
  const log = createInterface({ input: child.stderr });
  const lines: string[] = [];
  let port = 0;
  return new Promise((resolve, reject) => {
    log.on('line', (line) => {
      if (lines.length < 100) lines.push(line);
      const listening = /Listening for client connections on \S+:(\d+)/.exec(line);
      if (listening !== null) port = Number(listening[1]);
      if (line.includes('Server is ready')) resolve(port);
    });
    log.on('close', () => reject(new Error(`nats-server did not start:\n${lines.join('\n')}`)));
  });
}
