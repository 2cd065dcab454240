/** Optimisers for local steps; momentum is 0.9, Adam has Keras' defaults. Their state lives for one task. */
export const localOptimizers = ['sgd', 'momentum', 'adam'] as const;
export type LocalOptimizer = (typeof localOptimizers)[number];
