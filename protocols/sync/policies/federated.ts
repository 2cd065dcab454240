/**
 * Two asynchronous methods of federated learning, in which stale work counts less: s(τ) of `staleness-weight.ts`.
 *
 * FedAsync mixes each worker's model w_k into the global one as it arrives: w ← (1 − α_t)·w + α_t·w_k, α_t = α·s(τ). As a step:
 * α_t·(w_k − w), and w_k − w = delta − (w − w_base): that is the correction `toward-model`.
 *
 * FedBuff gathers K deltas in a buffer, each with the weight s(τ), and adds their mean (divided by K, not by the weights).
 */
import type { PolicyDefinition } from '../policy.js';
import { stalenessWeight } from '../staleness-weight.js';
import { kBatches } from './batches.js';
import { everyUpdate } from './fixed-wait.js';

const weightSettings = ['stalenessWeight', 'stalenessExponent', 'hingeDelay', 'hingeSlope'] as const;

export const fedAsync: PolicyDefinition = {
  name: 'fedasync',
  title: 'FedAsync',
  summary: 'every update at once: the model moves a part α·s(τ) of the way to the worker’s',
  source: 'arXiv 1903.03934',
  uses: ['mixing', ...weightSettings],
  create: (settings) => ({
    ...everyUpdate,
    name: 'fedasync',
    correction: { kind: 'toward-model' },
    admit(_state, _update, staleness) {
      const weight = settings.mixing * stalenessWeight(staleness, settings);
      return { accept: true, weight, reason: `α·s(${staleness})` };
    },
  }),
};

export const fedBuff: PolicyDefinition = {
  name: 'fedbuff',
  title: 'FedBuff',
  summary: 'K updates of any workers, each weighted with s(τ); the others compute on',
  source: 'arXiv 2106.06639',
  uses: ['waitCount', 'k0', ...weightSettings],
  counts: 'mini-batches',
  create: (settings) => ({
    ...kBatches('fedbuff', settings),
    admit: (_state, _update, staleness) => ({
      accept: true,
      weight: stalenessWeight(staleness, settings),
      reason: `s(${staleness})`,
    }),
  }),
};
