/**
 * Whether NATS can be used: the servers that were named answer with the greeting of the NATS protocol, or a nats-server
 * program is there to be started. Speaks TCP only, so that the check says what the network says.
 */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { oneLineOf } from '../../errors.js';
import { parseNatsAddresses } from '../../transport/nats-address.js';
import { type Check, fails, works } from './check.js';

/** One check per address. */
export function checkServers(addresses: readonly string[], timeoutSeconds = 3): Promise<readonly Check[]> {
  return Promise.all(addresses.map((address) => checkServer(address, timeoutSeconds)));
}

async function checkServer(address: string, timeoutSeconds: number): Promise<Check> {
  const [{ hostname, port, shown }] = parseNatsAddresses(address);
  const name = `nats ${shown}`;
  try {
    const greeting = await readGreeting(hostname, port, timeoutSeconds);
    const version = /^INFO .*"version":\s*"([^"]+)"/.exec(greeting)?.[1];
    if (version !== undefined) return works(name, `nats-server ${version} answers`);
    return fails(
      name,
      'something else answers there',
      'name the host and port on which a nats-server listens',
    );
  } catch (error) {
    return fails(
      name,
      oneLineOf(error),
      'start a nats-server there, or name the host and port on which one listens',
    );
  }
}

/** The first line that the server says. */
function readGreeting(host: string, port: number, timeoutSeconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host, port });
    const finish = (end: () => void) => {
      socket.destroy();
      end();
    };
    socket.setTimeout(timeoutSeconds * 1000, () =>
      finish(() => reject(new Error(`no answer within ${timeoutSeconds} s`))),
    );
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('end', () => finish(() => resolve(text)));
    socket.on('data', (bytes) => {
      text += bytes.toString('utf8');
      if (text.includes('\n') || text.length > 65_536) finish(() => resolve(text.split('\n')[0] ?? ''));
    });
  });
}

/** Whether a nats-server program is there: named by `STALEWART_NATS_SERVER`, or on the search path. */
export async function checkProgram(env: Readonly<Record<string, string | undefined>>): Promise<Check> {
  const name = 'nats-server';
  const named = env['STALEWART_NATS_SERVER'];
  const candidates = named
    ? [named]
    : (env['PATH'] ?? '')
        .split(delimiter)
        .map((folder) => join(folder, process.platform === 'win32' ? 'nats-server.exe' : name));
  const mend =
    'needed for --nats only: name a running server with --nats, or install one (Debian and Homebrew: nats-server; Docker: nats)';
  for (const candidate of candidates) {
    if (!(await isExecutable(candidate))) continue;
    try {
      const { stdout } = await promisify(execFile)(candidate, ['--version'], { timeout: 5_000 });
      return works(name, `${stdout.trim()} at ${candidate}`);
    } catch (error) {
      return fails(
        name,
        `${candidate} does not run: ${error instanceof Error ? error.message : String(error)}`,
        mend,
      );
    }
  }
  return fails(name, named ? `${named} is not an executable file` : 'not found on the search path', mend);
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
