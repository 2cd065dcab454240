#!/usr/bin/env node
/**
 * Makes sure that a nats-server is there for the tests: silent when it is, else installs it with the system's package
 * manager, else says in one line how to get it and exits with 4. `--where` prints its path and installs nothing.
 * STALEWART_NATS_SERVER names the program when it lies elsewhere.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const howTo =
  'install it (Debian, Ubuntu: apt-get install nats-server; macOS: brew install nats-server; else https://github.com/nats-io/nats-server/releases) or set STALEWART_NATS_SERVER to its path';

/** Where packages put it, also when that folder is not in PATH (as /usr/sbin for users of Debian). */
const usualFolders = ['/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/bin'];

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...usualFolders];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function giveUp(message) {
  process.stderr.write(`${message}\n`);
  process.exit(4);
}

function findServer() {
  const named = process.env.STALEWART_NATS_SERVER;
  if (named === undefined || named === '') return findProgram('nats-server');
  if (!isProgram(named))
    giveUp(`STALEWART_NATS_SERVER is "${named}": it must be the path of a nats-server program`);
  return named;
}

/** The commands that install it here; none where we know no way that works without a question. */
function installCommands() {
  if (process.platform === 'darwin' && findProgram('brew')) return [['brew', 'install', 'nats-server']];
  if (process.platform !== 'linux' || !findProgram('apt-get')) return [];
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) return [];
  const asRoot = isRoot ? [] : ['sudo', '-n'];
  return [
    [...asRoot, 'apt-get', 'update', '-qq'],
    [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-qq', 'nats-server'],
  ];
}

const where = findServer();
if (process.argv.includes('--where')) {
  if (where === undefined) giveUp(`nats-server is not there: ${howTo}`);
  process.stdout.write(`${where}\n`);
  process.exit(0);
}
if (where !== undefined) process.exit(0);

const commands = installCommands();
if (commands.length === 0) giveUp(`nats-server is not there and cannot be installed from here: ${howTo}`);
process.stderr.write(`nats-server is not there: ${commands.at(-1)?.join(' ')}\n`);
for (const [program, ...args] of commands) {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  // A failed update may still leave an old list that has it: only what follows decides.
  if (status !== 0 && stderr) process.stderr.write(stderr);
}
if (findServer() === undefined) giveUp(`nats-server could not be installed: ${howTo}`);
