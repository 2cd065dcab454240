/** The last operations of a training step: the optimisers of `local-optimizers.ts`, with TensorFlow.js's settings. */
import type { LocalOptimizer } from '../local-optimizers.js';
import type { Filled, PlanBuilder } from './plan-builder.js';

const momentum = 0.9;
const beta1 = 0.9;
const beta2 = 0.999;
const epsilon = 1e-7;

/** Steps all weights that have not had theirs. */
export function planOptimizer(builder: PlanBuilder, optimizer: LocalOptimizer, rate: number): Filled[] {
  const count = builder.parameterCount;
  const zeros = (): Filled => ({ address: builder.allocate(count), count, value: 0 });
  const runs = builder.runsToStep().map(({ address, gradient, count }) => ({
    fields: { count, weights: address, gradient, rate },
    offset: address - builder.parameters,
  }));
  switch (optimizer) {
    case 'sgd':
      for (const { fields } of runs) builder.backwards('sgd', fields);
      return [];
    case 'momentum': {
      const velocity = zeros();
      for (const { fields, offset } of runs) {
        builder.backwards('momentum', { ...fields, velocity: velocity.address + offset, momentum });
      }
      return [velocity];
    }
    case 'adam': {
      const [first, second] = [zeros(), zeros()];
      const powers = { address: builder.allocate(2), count: 2, value: 1 };
      const shares = { share1: 1 - beta1, share2: 1 - beta2 };
      for (const { fields, offset } of runs) {
        builder.backwards('adam', {
          ...fields,
          ...shares,
          first: first.address + offset,
          second: second.address + offset,
          powers: powers.address,
          beta1,
          beta2,
          epsilon,
        });
      }
      builder.backwards('adamPowers', { powers: powers.address, beta1, beta2 });
      return [first, second, powers];
    }
  }
}
