/** Runs the compiled program as a user does, in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const mainFile = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @param nodeOptions for Node itself, before the program's file
 * @param env beside that of this process
 */
export function runCli(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...nodeOptions, mainFile, ...args],
      { env: { ...process.env, ...env } },
      (_error, stdout, stderr) => {
        resolve({ exitCode: child.exitCode, stdout, stderr });
      },
    );
  });
}
