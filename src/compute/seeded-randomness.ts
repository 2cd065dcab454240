/**
 * Takes chance out of a compute thread. TensorFlow.js draws initial weights and dropout masks from `Math.random` unless
 * told otherwise, layer by layer; and so may a user's model or loss. A compute thread belongs to us, so there
 * `Math.random` itself becomes a seeded stream, set anew at every point that must be repeatable: before the model is
 * made and before every step. Whatever draws then, the same assignment draws the same.
 * Never call it in the main thread.
 */
import { seededRandom } from '../random/seeded-random.js';

/** From now on `Math.random` of this thread gives the numbers of this stream, from its start. */
export function seedThisThread(seed: number, ...stream: readonly (number | string)[]): void {
  Math.random = seededRandom(seed, ...stream);
}

/** The next number of this thread's stream, where we draw in place of TensorFlow.js. */
export function drawFromThisThread(): number {
  return Math.random();
}
