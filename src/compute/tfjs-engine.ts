/** Steps and evaluations by TensorFlow.js on the thread's backend: any model that it can differentiate. */
import type { Engine } from './engine.js';
import { createEvaluator } from './evaluate.js';
import { createLocalSgd, type LocalSgdOptions } from './local-sgd.js';
import { seedThisThread } from './seeded-randomness.js';

export function createTfjsEngine(options: LocalSgdOptions): Engine {
  const { model, objective, dataset, gatherer, parameters, seed } = options;
  const localSgd = createLocalSgd(options);
  const evaluator = createEvaluator(model, objective, dataset, gatherer);
  return {
    train: (task, cancelled) => localSgd.run(task, cancelled),
    evaluate(received, from, to) {
      seedThisThread(seed, 'evaluate', from);
      parameters.write(received);
      return evaluator.evaluate(from, to);
    },
    probe(received) {
      parameters.write(received);
      const loss = localSgd.probe();
      const after = new Float32Array(parameters.count);
      parameters.read(after);
      return { loss, parameters: after };
    },
  };
}
