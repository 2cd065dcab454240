/**
 * V8 compiles code in earnest after it has run for a while: the first steps of a thread take several times as long as the
 * later ones, and so does what stands around them. Tasks that nobody asked for hide that; they leave no trace, because no
 * task depends on the one before.
 */
import type { Engine } from './engine.js';

const enoughTasks = 3;
/** Slow models and backends gain little, and whoever starts a run waits. */
const enoughSeconds = 0.5;

/** Has the engine do tasks of one step of worker 0. @param now in seconds */
export function warmUp(engine: Pick<Engine, 'train'>, parameters: Float32Array, now: () => number): void {
  const started = now();
  for (let attempt = 1; attempt <= enoughTasks && now() - started < enoughSeconds; attempt++) {
    engine.train({ worker: 0, attempt, parameters, localSteps: 1 }, () => false);
  }
}
