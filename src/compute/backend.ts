/**
 * Which TensorFlow.js backend computes. `auto` takes the first of `tensorflow` and `wasm` whose threads start: a thread
 * has started when a training step of the very model that is to be trained has worked there. So a native library that is
 * absent, broken, or unfit for this version of Node costs a second at most and is told in the reason.
 */
import { StalewartError } from '../errors.js';
import { firstLine } from './first-line.js';

export const backendChoices = ['auto', 'tensorflow', 'wasm', 'cpu'] as const;
export type BackendChoice = (typeof backendChoices)[number];
export type BackendName = Exclude<BackendChoice, 'auto'>;

const nativePackage: string = '@tensorflow/tfjs-node';

/** A backend to try, and why it is used if it works. */
export interface BackendCandidate {
  readonly name: BackendName;
  readonly reason: string;
}

export type BackendCandidates = readonly [BackendCandidate, ...BackendCandidate[]];

/** The backends to try in turn: one, unless the choice is `auto` and the native package is there. */
export function backendCandidates(choice: BackendChoice): BackendCandidates {
  if (choice !== 'auto') return [{ name: choice, reason: 'as asked' }];
  const native = { name: 'tensorflow', reason: `${nativePackage} loads and trains` } as const;
  return isInstalled(nativePackage)
    ? [native, { name: 'wasm', reason: `${nativePackage} does not work here` }]
    : [{ name: 'wasm', reason: `${nativePackage} is not installed` }];
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Settings that the native library reads from the process' environment when it is loaded: one thread per instance, as
 * the pool has one instance per core, and no log lines of its own. What the user has set stays.
 */
export function prepareProcess(name: BackendName): void {
  if (name !== 'tensorflow') return;
  process.env['TF_NUM_INTRAOP_THREADS'] ??= '1';
  process.env['TF_NUM_INTEROP_THREADS'] ??= '1';
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
}

/**
 * Makes it the backend of this compute thread and keeps TensorFlow.js from printing advice.
 * @throws StalewartError CONFIG, field `backend`, if it cannot be loaded
 */
export async function activateBackend(name: BackendName): Promise<void> {
  const tf = await import('@tensorflow/tfjs');
  const { repairLayers } = await import('./wasm-training/repaired-layers.js');
  tf.enableProdMode();
  repairLayers();
  try {
    if (name === 'wasm') {
      const { useWasmBackend } = await import('./wasm-training/index.js');
      await useWasmBackend();
    } else {
      if (name === 'tensorflow') await import(nativePackage);
      if (!(await tf.setBackend(name))) throw new Error(`setBackend('${name}') failed`);
    }
    await tf.ready();
    // A first operation shows that it computes. It also keeps the native library loaded: one that is unloaded without
    // having been used crashes the process when that exits.
    tf.tidy(() => tf.matMul([[1]], [[1]]).dataSync());
  } catch (cause) {
    const mend =
      name === 'tensorflow'
        ? `install ${nativePackage} on a version of Node that it supports, or choose wasm`
        : `reinstall the dependencies of this package`;
    throw new StalewartError(
      'CONFIG',
      `backend is "${name}", which cannot be loaded (${firstLine(cause)}): ${mend}`,
      {
        field: 'backend',
        value: name,
        allowed: backendChoices.join(', '),
        cause,
      },
    );
  }
}
