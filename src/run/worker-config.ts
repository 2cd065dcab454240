/**
 * The settings of a run that its workers need, and no others: what a server hands to a process that joins. Nothing of the
 * server's own machine is among them, and no secret.
 */
import { z } from 'zod';
import type { WelcomeMessage } from '../../protocols/wire/lobby-messages.js';
import type { TrainConfig } from '../config/resolve.js';
import { trainConfigSchema } from '../config/schema.js';
import { StalewartError } from '../errors.js';

const names = {
  workers: true,
  batchSize: true,
  learningRate: true,
  localOptimizer: true,
  seed: true,
  compute: true,
  model: true,
  dataset: true,
  partition: true,
  straggler: true,
  slowdown: true,
  bursts: true,
  heartbeat: true,
  uploadRetry: true,
  maxRestarts: true,
  restartWindow: true,
  restartBackoff: true,
  restartBackoffMax: true,
} as const;

const workerConfigSchema = trainConfigSchema.pick(names);

export type WorkerConfig = z.output<typeof workerConfigSchema>;

const jsonObject = z.record(z.string(), z.json());

/** Plain JSON of an object: numbers that are not finite are null, what is undefined is left out. */
export function asJsonObject(value: object): z.output<typeof jsonObject> {
  return jsonObject.parse(JSON.parse(JSON.stringify(value)));
}

/** What the server tells. */
export function workerConfigOf(config: TrainConfig): WelcomeMessage['config'] {
  return asJsonObject(
    Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(names, name))),
  );
}

/** What a process hears. @throws StalewartError WIRE naming the setting that cannot be */
export function readWorkerConfig(told: WelcomeMessage['config']): WorkerConfig {
  const parsed = workerConfigSchema.safeParse(told);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue === undefined ? 'config' : ['config', ...issue.path].join('.');
  throw new StalewartError(
    'WIRE',
    `the server's ${field} cannot be used (${issue?.message ?? 'not valid'}): run the same version of stalewart on both sides`,
    { field },
  );
}
