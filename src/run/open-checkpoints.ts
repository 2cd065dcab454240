/**
 * Where the checkpoints of a run are kept, as its settings have it: in its folder, or in JetStream, which is made the
 * run's own before anything is looked for in it.
 */
import type { CheckpointStore } from '../checkpoint/checkpoint-store.js';
import { createDirectoryStore } from '../checkpoint/directory-store.js';
import { openNatsStore } from '../checkpoint/nats-store.js';
import { systemClock } from '../clock/clock.js';
import type { TrainConfig } from '../config/resolve.js';
import { StalewartError } from '../errors.js';
import { runPaths } from '../telemetry/run-files.js';

/** Epoch of a run without a lease. */
export const onlyEpoch = 1;

/**
 * @param directory of the run
 * @throws StalewartError SERVICE where JetStream is not there
 */
export async function openCheckpoints(
  { checkpoint, nats }: Pick<TrainConfig, 'checkpoint' | 'nats'>,
  directory: string,
  run: string,
): Promise<CheckpointStore> {
  if (checkpoint === 'dir' || nats === null) return createDirectoryStore(runPaths(directory).checkpoints);
  const store = await openNatsStore({ nats, run, clock: systemClock() });
  try {
    await store.fence(onlyEpoch);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** @throws StalewartError OUTPUT if a run of this name has left checkpoints in JetStream, which would be mixed up with those of a new one */
export async function refuseForeign(store: CheckpointStore, run: string): Promise<void> {
  const [newest] = await store.list();
  if (newest === undefined) return;
  const found = `${store.place} has checkpoints of a run of this name, up to version ${newest.version}`;
  const message = `run is "${run}": ${found}; resume that run, or give this one another name`;
  throw new StalewartError('OUTPUT', message, { field: 'run', value: run, allowed: 'a name of its own' });
}
