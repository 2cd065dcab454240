/** Carries out `stalewart train`: loaded only once the configuration is known to be right. */
import { StalewartError } from '../errors.js';
import type { TrainRequest } from './train.js';

/** @returns the exit code */
export async function runTrainCommand({ config }: TrainRequest): Promise<number> {
  throw new StalewartError('SERVICE', `policy ${config.policy}: live training is not part of this build`);
}
