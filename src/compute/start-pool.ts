/** Starts the threads on the first of the backends to try on which all of them start. */
import { type BackendCandidates, prepareProcess } from './backend.js';
import { StalewartError } from '../errors.js';
import type { ModelInfo } from './compute.js';
import { firstLine } from './first-line.js';
import type { ThreadData } from './thread-messages.js';
import { StartError, ThreadPool, type ThreadPoolOptions } from './thread-pool.js';

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
  options: Pick<ThreadPoolOptions, 'warn' | 'signal'>,
  why = '',
): Promise<StartedPool> {
  const { name, reason } = candidate;
  prepareProcess(name);
  try {
    const { pool, model } = await ThreadPool.start({ ...data, backend: name }, threads, options);
    return { pool, model, backend: name, backendReason: reason + why };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const [next, ...rest] = others;
    if (error.phase === 'model' || next === undefined) throw withModelNamed(error, data);
    return startPool(
      [next, ...rest],
      threads,
      data,
      options,
      ` (${firstLine(error.cause.cause ?? error.cause)})`,
    );
  }
}

/**
 * A thread that ended without a word, by `process.exit` or an error thrown in a callback, was ended by what runs in it: the
 * user's module, if there is one.
 */
function withModelNamed({ phase, cause }: StartError, { model }: Pick<ThreadData, 'model'>): Error {
  // A backend that cannot be loaded says so with another code.
  const ended = phase === 'backend' && cause instanceof StalewartError && cause.code === 'COMPUTE';
  if (!ended || model.kind !== 'module') return cause;
  const mend = cause.cause === undefined ? ': a model must not call process.exit' : '';
  return new StalewartError('MODEL', `model: while ${model.path} was loaded, ${cause.message}${mend}`, {
    field: 'model',
    value: model.path,
    cause,
  });
}
