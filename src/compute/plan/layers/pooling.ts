/** `tf.layers.maxPooling2d`. The ReLU before it is taken back on the way: the pooled image is smaller. */
import * as z from 'zod';
import { windowOver } from '../window.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { channelsLast, padding, pair } from './schemas.js';

const settings = z.object({ pool_size: pair, strides: pair, padding, data_format: channelsLast });

export const planMaxPooling2d: LayerPlanner = (builder, layer, inputs) => {
  const config = settingsOf(settings, layer);
  const x = onlyInput(inputs);
  const g = windowOver({
    input: x.shape,
    outChannels: x.shape[2] ?? 0,
    size: config.pool_size,
    strides: config.strides,
    dilation: [1, 1],
    padding: config.padding,
  });
  const y = builder.tensor([g.outHeight, g.outWidth, g.outChannels], x.value.trained);

  x.value.uses++;
  builder.forwards('maxPool', { ...g, x: x.value.address, y: y.value.address });

  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    builder.contribute(x.value, (dx) => {
      const relu = x.value.relu && x.value.uses === 1;
      if (relu) x.value.relu = false;
      builder.backwards('maxPoolGradient', {
        ...g,
        x: x.value.address,
        y: y.value.address,
        dy,
        dx,
        relu: Number(relu),
      });
    });
  });
  return y;
};
