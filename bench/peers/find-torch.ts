/**
 * Pythons that have PyTorch. Debian's comes first, because the targets are set against it: its `python3-torch` is
 * installed when it is missing and we may. Others are looked for where a user may have a newer one.
 */
import { execFileSync } from 'node:child_process';

const DEBIAN = '/usr/bin/python3';

export interface Torch {
  readonly python: string;
  readonly version: string;
}

/**
 * @param asked Pythons named by the user
 * @returns one of each version, Debian's first where it is there, and what is missing, in one line each
 */
export function findTorches(asked: readonly string[]): { torches: Torch[]; missing: string[] } {
  const missing: string[] = [];
  const torches: Torch[] = [];
  const debian = torchOf(DEBIAN) ?? (install(missing) ? torchOf(DEBIAN) : null);
  if (debian !== null) torches.push(debian);
  const named = process.env['STALEWART_TORCH_PYTHON'];
  const wanted = named === undefined ? asked : [...asked, named];
  for (const python of [...wanted, 'python3']) {
    const torch = torchOf(python);
    if (torch === null && wanted.includes(python)) missing.push(`${python} has no PyTorch`);
    if (torch !== null && torches.every(({ version }) => version !== torch.version)) torches.push(torch);
  }
  if (torches.length < 2) {
    missing.push(
      'one PyTorch only; for a column of a newer one: --python FILE, or STALEWART_TORCH_PYTHON=FILE',
    );
  }
  return { torches, missing };
}

function torchOf(python: string): Torch | null {
  try {
    const version = execFileSync(python, ['-c', 'import torch; print(torch.__version__)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return { python, version: version.toString().trim() };
  } catch {
    return null;
  }
}

/** @returns whether Debian's PyTorch has been installed; if not, `missing` says why */
function install(missing: string[]): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    missing.push("Debian's PyTorch is missing; install it with: sudo apt-get install python3-torch");
    return false;
  }
  console.error('installing python3-torch …');
  const apt = (...words: string[]) =>
    execFileSync('apt-get', words, {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'python3-torch');
    return true;
  } catch {
    missing.push(
      "Debian's PyTorch is missing and could not be installed: apt-get install python3-torch failed",
    );
    return false;
  }
}
