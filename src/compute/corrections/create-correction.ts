/** From a policy's word to what carries it out. */
import { correctionProblem, type DeltaCorrection } from '../../../protocols/sync/delta-correction.js';
import { StalewartError } from '../../errors.js';
import type { Correction } from './correction.js';
import { delayCompensation } from './delay-compensation.js';
import { gapAware } from './gap-aware.js';
import { towardModel } from './toward-model.js';

/**
 * @param learningRate η of the workers
 * @param size elements of the weight vector
 * @throws StalewartError POLICY if it is of a kind that there is not, or has a wrong lambda
 */
export function createCorrection(
  correction: DeltaCorrection,
  learningRate: number,
  size: number,
): Correction {
  const problem = correctionProblem(correction);
  if (problem !== null) throw new StalewartError('POLICY', `the policy cannot be used: ${problem}`);
  switch (correction.kind) {
    case 'gap-aware':
      return gapAware(size);
    case 'delay-compensation':
      return delayCompensation(correction.lambda, learningRate);
    case 'toward-model':
      return towardModel;
  }
}
