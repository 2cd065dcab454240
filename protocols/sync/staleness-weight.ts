/**
 * How much less an update counts the staler it is: s(τ) of FedAsync (arXiv 1903.03934, section 5.2), which FedBuff uses as well.
 * s(0) = 1 for each rule, and s never grows.
 */
import type { PolicySettings } from './settings.js';

export type StalenessWeightRule = 'polynomial' | 'hinge' | 'constant';

/** s(τ), above 0 and at most 1. */
export function stalenessWeight(
  staleness: number,
  { stalenessWeight: rule, stalenessExponent, hingeDelay, hingeSlope }: PolicySettings,
): number {
  switch (rule) {
    case 'polynomial':
      return (staleness + 1) ** -stalenessExponent;
    case 'hinge':
      return staleness <= hingeDelay ? 1 : 1 / (hingeSlope * (staleness - hingeDelay) + 1);
    case 'constant':
      return 1;
  }
}
