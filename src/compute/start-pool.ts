/** Starts the threads on the first of the backends to try on which all of them start. */
import { type BackendCandidates, prepareProcess } from './backend.js';
import type { ModelInfo } from './compute.js';
import { firstLine } from './first-line.js';
import type { ThreadData } from './thread-messages.js';
import { StartError, ThreadPool } from './thread-pool.js';

export interface StartedPool {
  readonly pool: ThreadPool;
  readonly model: ModelInfo;
  readonly backend: string;
  readonly backendReason: string;
}

/**
 * @param why what was wrong with the backend before, for the reason
 * @throws what the last backend failed with; a model that cannot be made is as wrong on the next one and ends it at once
 */
export async function startPool(
  [candidate, ...others]: BackendCandidates,
  threads: number,
  data: Omit<ThreadData, 'backend'>,
  warn: (message: string) => void,
  why = '',
): Promise<StartedPool> {
  const { name, reason } = candidate;
  prepareProcess(name);
  try {
    const { pool, model } = await ThreadPool.start({ ...data, backend: name }, threads, { warn });
    return { pool, model, backend: name, backendReason: reason + why };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const [next, ...rest] = others;
    if (error.phase === 'model' || next === undefined) throw error.cause;
    return startPool(
      [next, ...rest],
      threads,
      data,
      warn,
      ` (${firstLine(error.cause.cause ?? error.cause)})`,
    );
  }
}
