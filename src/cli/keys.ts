/** `stalewart keys`: the credentials of a run and the configuration of its nats-servers. */
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Command } from 'commander';
import { runIdSchema } from '../../protocols/wire/subjects.js';
import { parseNumber } from '../config/parse-number.js';
import { configError } from '../errors.js';
import { holderNameSchema } from '../security/roles.js';
import type { KeysOptions, WrittenKeys } from '../security/write-keys.js';
import { exitCodesHelp } from './exit-codes-help.js';
import type { ProgramContext } from './program.js';

interface KeysFlags {
  readonly run: string;
  readonly out: string;
  readonly workers: string;
  readonly hosts: string;
  readonly cluster?: boolean;
  readonly days: string;
  readonly json?: boolean;
}

/** Most credentials of one run; each is a certificate to be signed. */
const mostWorkers = 10_000;
const mostDays = 3650;

export function keysCommand(context: ProgramContext): Command {
  return new Command('keys')
    .summary('make the credentials of a run')
    .description(
      'Make the credentials of a run and the configuration of its nats-servers: mutual TLS, and one nkey for the server, the ' +
        'observer and each worker process, who may use the subjects of their own role and no other. Each folder is for one ' +
        'machine; give it with --nats-credentials there. docs/security.md tells more.',
    )
    .requiredOption('--run <ID>', "the run's name")
    .requiredOption('--out <DIR>', 'folder to be made')
    .option(
      '--workers <NAMES>',
      'names of the worker processes, separated by commas, or how many (w1, w2, …)',
      '4',
    )
    .option(
      '--hosts <HOSTS>',
      'host names and addresses of the nats-servers, separated by commas',
      'localhost,127.0.0.1',
    )
    .option('--cluster', 'a nats-server on each of the hosts, as one cluster')
    .option('--days <N>', 'how many days the certificates hold', '365')
    .option('--json', 'print what was written as JSON')
    .addHelpText('after', exitCodesHelp)
    .action(async (flags: KeysFlags) => {
      const options = resolveKeys(flags);
      const { writeKeys } = await import('../security/write-keys.js');
      const written = await writeKeys(options);
      context.writeOut(
        flags.json === true ? `${JSON.stringify(written, null, 2)}\n` : inWords(options, written),
      );
    });
}

/** @throws StalewartError CONFIG naming the flag that is wrong */
export function resolveKeys({ run, out, workers, hosts, cluster = false, days }: KeysFlags): KeysOptions {
  if (!runIdSchema.safeParse(run).success || run.length > 64) {
    throw configError('--run', run, '1 to 64 letters, digits, - and _');
  }
  if (out === '') throw configError('--out', out, 'the path of a folder');
  const hostList = listOf(hosts);
  if (hostList.length === 0 || !hostList.every(isHost)) {
    throw configError('--hosts', hosts, 'host names or addresses, separated by commas');
  }
  refuseRepeated('--hosts', hosts, hostList);
  if (cluster && hostList.length < 3) {
    throw configError(
      '--hosts',
      hosts,
      'three hosts or more with --cluster: two cannot agree once one of them is lost',
    );
  }
  const dayCount = parseNumber(days);
  if (dayCount === undefined || !(dayCount > 0 && dayCount <= mostDays)) {
    throw configError('--days', dayCount ?? days, `a number above 0 and at most ${mostDays}`);
  }
  return { run, out, workers: workerNames(workers), hosts: hostList, cluster, days: dayCount };
}

function workerNames(text: string): readonly string[] {
  const count = /^\d+$/.test(text) ? Number(text) : null;
  const names =
    count === null
      ? listOf(text)
      : Array.from({ length: Math.min(count, mostWorkers + 1) }, (_, i) => `w${i + 1}`);
  const wrong = names.find((name) => !holderNameSchema.safeParse(name).success);
  if (names.length === 0 || names.length > mostWorkers || wrong !== undefined) {
    throw configError(
      '--workers',
      wrong ?? text,
      `a number from 1 to ${mostWorkers}, or names of 1 to 64 letters, digits, - and _, other than local`,
    );
  }
  refuseRepeated('--workers', text, names);
  return names;
}

function refuseRepeated(flag: string, text: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw configError(flag, text, `a list of different names, and ${twice} stands in it twice`);
}

function listOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** A name as DNS has it, a leading `*.` for any host of a domain included, or an address. */
function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  return (
    host.length <= 253 &&
    /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(host)
  );
}

function inWords({ run, out, hosts, cluster }: KeysOptions, { nats, roles, validTo }: WrittenKeys): string {
  const servers = cluster ? hosts : hosts.slice(0, 1);
  const urls = servers.map((host) => `tls://${isIP(host) === 6 ? `[${host}]` : host}:4222`).join(',');
  const [first = 'nats'] = nats;
  return `${[
    `credentials of ${run} until ${validTo.toISOString().slice(0, 10)}: ${roles.length} roles, ${nats.length === 1 ? 'one nats-server' : `${nats.length} nats-servers`}`,
    `  nats-server   cd ${join(out, first)} && nats-server -c nats.conf${nats.length === 1 ? '' : ` (${nats.length - 1} more, each on its host)`}`,
    `  the others    --nats ${urls} --nats-credentials FOLDER, which is one of`,
    ...roles.slice(0, 6).map((role) => `                ${join(out, role)}`),
    ...(roles.length > 6 ? [`                and ${roles.length - 6} more`] : []),
    'Copy each folder to its machine alone, and delete it here.',
  ].join('\n')}\n`;
}
