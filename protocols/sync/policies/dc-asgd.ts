/**
 * DC-ASGD, delay-compensated asynchronous SGD (arXiv 1609.08326), with a constant λ (DC-ASGD-c): every update at once, with
 * the gradient that it would have had at the newest model, to first order: g + λ·g⊙g⊙(w − w_base).
 */
import type { PolicyDefinition } from '../policy.js';
import { everyUpdate } from './fixed-wait.js';

export const dcAsgd: PolicyDefinition = {
  name: 'dc-asgd',
  title: 'DC-ASGD, delay-compensated',
  summary: 'every update at once, its gradient corrected for how the model has moved',
  source: 'arXiv 1609.08326',
  uses: ['compensation'],
  create: ({ compensation }) => ({
    ...everyUpdate,
    name: 'dc-asgd',
    correction: { kind: 'delay-compensation', lambda: compensation },
  }),
};
