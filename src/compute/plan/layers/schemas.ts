/** Settings that layers share, in the words of Keras. */
import * as z from 'zod';

const side = z.int().positive();

/** [height, width] */
export const pair = z.tuple([side, side]).readonly();
export const padding = z.enum(['same', 'valid']);
export const channelsLast = z.literal('channels_last');
export const activation = z.enum(['linear', 'relu', 'tanh', 'sigmoid']);
/** Of layers that may be the last. */
export const lastActivation = z.enum([...activation.options, 'softmax']);
