/**
 * How the user's npm reaches its registry: asked of npm itself, so that every place npm reads settings from (command
 * line, environment, project, user and global .npmrc) counts exactly as it does for `npm install`. Credentials are not
 * read: npm does not print them, and a registry that wants them has another way (see fetch-tarball.ts).
 */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';

/** The settings that pacote takes, under pacote's names. */
export interface NpmSettings {
  /** Absent: npm's public registry. */
  readonly registry?: string;
  readonly proxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
  readonly strictSSL?: boolean;
  /** Certificate authorities to trust, in PEM. */
  readonly ca?: readonly string[];
  readonly fetchRetries?: number;
  /** Milliseconds. */
  readonly timeout?: number;
}

const text = z.string().min(1).nullish().catch(null);

const npmConfigSchema = z.object({
  registry: text,
  proxy: text,
  'https-proxy': text,
  noproxy: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .catch(null),
  'strict-ssl': z.boolean().nullish().catch(null),
  ca: z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .catch(null),
  cafile: text,
  'fetch-retries': z.number().nullish().catch(null),
  'fetch-timeout': z.number().nullish().catch(null),
});

/** Prints npm's settings as JSON; replaced in tests. */
export type AskNpm = () => Promise<string>;

/**
 * @param askNpm runs `npm config list --json` by default
 * @param env the environment to fall back on where npm cannot be run
 */
export async function npmSettings(askNpm: AskNpm = runNpm, env = process.env): Promise<NpmSettings> {
  let printed: unknown;
  try {
    printed = JSON.parse(await askNpm());
  } catch {
    // No npm on this machine (only Node, or another package manager): its environment variable may still be set.
    printed = { registry: env['npm_config_registry'] };
  }
  const config = npmConfigSchema.parse(printed);
  const ca = await authorities(config.ca ?? undefined, config.cafile ?? undefined);
  const noProxy = [config.noproxy ?? []]
    .flat()
    .filter((host) => host !== '')
    .join(',');
  return {
    ...(config.registry ? { registry: config.registry } : {}),
    ...(config.proxy ? { proxy: config.proxy } : {}),
    ...(config['https-proxy'] ? { httpsProxy: config['https-proxy'] } : {}),
    ...(noProxy === '' ? {} : { noProxy }),
    ...(config['strict-ssl'] == null ? {} : { strictSSL: config['strict-ssl'] }),
    ...(ca === undefined ? {} : { ca }),
    ...(config['fetch-retries'] == null ? {} : { fetchRetries: config['fetch-retries'] }),
    ...(config['fetch-timeout'] == null ? {} : { timeout: config['fetch-timeout'] }),
  };
}

/** `npm_execpath` names the npm that started this process; otherwise the one on the path. */
async function runNpm(): Promise<string> {
  const started = process.env['npm_execpath'];
  const args = ['config', 'list', '--json'];
  const { stdout } =
    started?.endsWith('npm-cli.js') === true
      ? await promisify(execFile)(process.execPath, [started, ...args])
      : await promisify(execFile)('npm', args, { shell: process.platform === 'win32' });
  return stdout;
}

/** `cafile` wins over `ca`, as in npm; a file that cannot be read is ignored, as in npm. */
async function authorities(
  ca: string | string[] | undefined,
  cafile: string | undefined,
): Promise<readonly string[] | undefined> {
  const bundle = cafile === undefined ? undefined : await readFile(cafile, 'utf8').catch(() => undefined);
  if (bundle === undefined) {
    return ca === undefined ? undefined : [ca].flat();
  }
  const end = '-----END CERTIFICATE-----';
  return bundle
    .split(end)
    .filter((certificate) => certificate.trim() !== '')
    .map((certificate) => `${certificate.trimStart()}${end}`);
}
