/** `tf.layers.add`: the sum of values of one shape. */
import type { Operation } from '../operations.js';
import { Unplannable } from '../unplannable.js';
import type { LayerPlanner } from './layer-planner.js';

export const planAdd: LayerPlanner = (builder, _layer, inputs) => {
  const [first, ...others] = inputs;
  if (first === undefined || others.length === 0) throw new Unplannable('it has fewer than two inputs');
  const shapes = inputs.map(({ shape }) => `[${shape.join(', ')}]`);
  const odd = shapes.find((shape) => shape !== shapes[0]);
  if (odd !== undefined) throw new Unplannable(`its inputs have shapes ${shapes[0]} and ${odd}`);

  for (const { value } of inputs) value.uses++;
  const trained = inputs.some(({ value }) => value.trained);
  const y = builder.tensor(first.shape, trained, (address, size) => {
    let last: Operation | null = null;
    let sum = first.value.address;
    for (const { value } of others) {
      last = builder.forwards('add', { size, a: sum, b: value.address, y: address, relu: 0 });
      sum = address;
    }
    return last === null ? null : [last];
  });

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    // The last one may have the gradient itself: nothing reads it afterwards.
    inputs.forEach(({ value }, i) => builder.passOn(value, dy, i < inputs.length - 1));
  });
  return y;
};
