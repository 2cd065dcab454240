/** Examples per forward pass of an evaluation: large enough to be fast, small enough to keep a thread's memory small. */
export const evaluationBatch = 100;
