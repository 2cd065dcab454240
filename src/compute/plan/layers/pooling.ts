/**
 * Max and average pooling, over windows or over the whole image. A ReLU before max pooling is taken back on the way: the
 * pooled image is smaller.
 */
import * as z from 'zod';
import type { Window } from '../operations.js';
import type { PlanBuilder, Tensor } from '../plan-builder.js';
import { windowOver } from '../window.js';
import { type LayerPlanner, onlyInput, settingsOf } from './layer-planner.js';
import { channelsLast, padding, pair } from './schemas.js';

const settings = z.object({ pool_size: pair, strides: pair, padding, data_format: channelsLast });
const globalSettings = z.object({ data_format: channelsLast });

type Pool = (builder: PlanBuilder, x: Tensor, g: Window, shape: readonly number[]) => Tensor;

export const planMaxPooling2d = overWindows(maxPool('maxPoolGradient'));
export const planAveragePooling2d = overWindows(averagePool);
export const planGlobalMaxPooling2d = overImage(maxPool('globalMaxGradient'));
export const planGlobalAveragePooling2d = overImage(averagePool);

function overWindows(pool: Pool): LayerPlanner {
  return (builder, layer, inputs) => {
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
    return pool(builder, x, g, [g.outHeight, g.outWidth, g.outChannels]);
  };
}

function overImage(pool: Pool): LayerPlanner {
  return (builder, layer, inputs) => {
    settingsOf(globalSettings, layer);
    const x = onlyInput(inputs);
    const [height = 0, width = 0, channels = 0] = x.shape;
    const g = windowOver({
      input: x.shape,
      outChannels: channels,
      size: [height, width],
      strides: [1, 1],
      dilation: [1, 1],
      padding: 'valid',
    });
    return pool(builder, x, g, [channels]);
  };
}

function maxPool(gradient: 'maxPoolGradient' | 'globalMaxGradient'): Pool {
  return (builder, x, g, shape) => {
    x.value.uses++;
    const y = builder.tensor(shape, x.value.trained, (address) => {
      builder.forwards('maxPool', { ...g, x: x.value.address, y: address });
      return null; // its gradient needs the maxima as they are
    });
    builder.onTheWayBack(() => {
      const dy = builder.gradientOf(y.value);
      if (dy === null) return;
      const relu = x.value.activation === 'relu' && x.value.uses === 1;
      if (relu) x.value.activation = null;
      builder.contribute(x.value, (dx) =>
        builder.backwards(gradient, {
          ...g,
          x: x.value.address,
          y: y.value.address,
          dy,
          dx,
          relu: Number(relu),
        }),
      );
    });
    return y;
  };
}

function averagePool(builder: PlanBuilder, x: Tensor, g: Window, shape: readonly number[]): Tensor {
  x.value.uses++;
  const y = builder.tensor(shape, x.value.trained, (address) => {
    builder.forwards('averagePool', { ...g, x: x.value.address, y: address });
    return null;
  });
  builder.onTheWayBack(() => {
    const dy = builder.gradientOf(y.value);
    if (dy === null) return;
    builder.contribute(x.value, (dx) => builder.backwards('averagePoolGradient', { ...g, dy, dx }));
  });
  return y;
}
