/**
 * Versions of what a run was made with, for `config.json`. Read from the packages' own manifests, without loading them.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';

export interface Versions {
  readonly stalewart: string | null;
  readonly node: string;
  /** `@tensorflow/tfjs`; null if it is not installed. */
  readonly tfjs: string | null;
}

const manifestSchema = z.object({ version: z.string() });

function versionIn(locate: () => string | URL): string | null {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(locate(), 'utf8'))).version;
  } catch {
    return null;
  }
}

export function readVersions(): Versions {
  const { resolve } = createRequire(import.meta.url);
  return {
    // From dist/src/telemetry/ up to the package.
    stalewart: versionIn(() => new URL('../../../package.json', import.meta.url)),
    node: process.versions.node,
    tfjs: versionIn(() => resolve('@tensorflow/tfjs/package.json')),
  };
}
