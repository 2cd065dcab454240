/** What the server may make of a round's step: names that policies and settings use; `src/compute/server-optimizers/`
 *  carries them out. */
export const serverOptimizerNames = [
  'averaging',
  'sgd',
  'momentum',
  'nesterov',
  'adam',
  'yogi',
  'delayed-nesterov',
] as const;

export type ServerOptimizerName = (typeof serverOptimizerNames)[number];
