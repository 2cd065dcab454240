/** Activations as layers of their own. Where nothing else reads their input they work in place. */
import * as z from 'zod';
import { type Activation, numberOf, type PlanBuilder, type Tensor } from '../plan-builder.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { lastActivation } from './schemas.js';
import { withoutSoftmax } from './softmax.js';

export const planActivation: LayerPlanner = (builder, layer, inputs, surroundings) => {
  const { activation } = settingsOf(z.object({ activation: lastActivation }), layer);
  const kind = withoutSoftmax(activation, surroundings);
  const x = onlyInput(inputs);
  return kind === 'linear' ? x : activate(builder, x, kind, surroundings.aloneOnInput);
};

export const planRelu: LayerPlanner = (builder, layer, inputs, { aloneOnInput }) => {
  settingsOf(z.object({ max_value: z.null().optional() }), layer);
  return activate(builder, onlyInput(inputs), 'relu', aloneOnInput);
};

function activate(builder: PlanBuilder, x: Tensor, activation: Activation, alone: boolean): Tensor {
  if (alone && builder.activateInPlace(x.value, activation)) return x;
  const { size } = x.value;
  const kind = numberOf(activation);
  x.value.uses++;
  const y = builder.tensor(x.shape, x.value.trained, (address) => {
    builder.forwards('activation', { size, kind, x: x.value.address, y: address });
    return null;
  });
  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    builder.contribute(x.value, (dx) =>
      builder.backwards('activationGradient', { size, kind, y: y.value.address, dy, dx }),
    );
  });
  return y;
}
