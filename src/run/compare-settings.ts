/**
 * Which settings an entry of a comparison may have for itself. What makes runs comparable (weights, data, partitions,
 * workers and their times, when they end and are measured) is common to all.
 */
import { policySettingsSchema } from '../../protocols/sync/settings.js';
import { findSetting } from '../config/settings.js';

const ofAllRuns = new Set(['Data', 'Fleet', 'Network', 'Run', 'Comparison', 'Output']);

/** Of the other topics. Partitions depend on the batch size where they are not even. */
const common = new Set(['model', 'backend', 'engine', 'compute', 'threads', 'batchSize']);

/** Also for what is no setting at all: that is refused as such. */
export function mayDiffer(name: string): boolean {
  const setting = findSetting(name);
  if (setting === undefined || name === 'roundDeadline') return true;
  return !ofAllRuns.has(setting.topic) && !common.has(name);
}

/** Whether it is for the policy to read. */
export function isOfPolicy(name: string): boolean {
  return name !== 'workers' && Object.hasOwn(policySettingsSchema.shape, name);
}
