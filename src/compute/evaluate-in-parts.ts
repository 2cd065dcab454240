/**
 * Spreads an evaluation over the threads of a pool. No more parts than threads are queued at a time, so a training task
 * that comes while an evaluation runs waits for a part or two, not for the whole.
 */
import type { Evaluation } from './compute.js';
import type { EvaluationPart } from './evaluate.js';
import type { ThreadPool } from './thread-pool.js';

/** Examples in a part. */
const partSize = 500;

/** Evaluates the first `samples` test examples. */
export async function evaluateInParts(
  pool: ThreadPool,
  parameters: Float32Array,
  samples: number,
  threads: number,
): Promise<Evaluation> {
  const parts: EvaluationPart[] = [];
  let next = 0;

  async function takeParts(): Promise<void> {
    while (next < samples) {
      const from = next;
      const to = Math.min(from + partSize, samples);
      next = to;
      const answer = await pool.submit({ type: 'evaluate', parameters, from, to }, null);
      if (answer.type !== 'evaluated') throw new TypeError(`an evaluation was answered with ${answer.type}`);
      parts[from / partSize] = answer.part;
    }
  }

  try {
    await Promise.all(Array.from({ length: threads }, takeParts));
  } finally {
    next = samples; // after a failure the others stop too
  }
  const correct = parts.reduce((sum, part) => sum + part.correct, 0);
  const lossSum = parts.reduce((sum, part) => sum + part.lossSum, 0);
  return { accuracy: correct / samples, loss: lossSum / samples, samples };
}
