/** Where a step's time goes: every kernel of the wasm backend is wrapped in a clock while a function runs. */
import * as tf from '@tensorflow/tfjs';

export interface KernelTime {
  readonly kernel: string;
  /** Per repetition. */
  readonly calls: number;
  readonly milliseconds: number;
}

/** Milliseconds in each kernel per repetition, largest first. */
export function kernelTimes(run: () => void, repetitions: number): KernelTime[] {
  const spent = new Map<string, { calls: number; milliseconds: number }>();
  const stock = tf.getKernelsForBackend('wasm');
  let depth = 0;
  for (const config of stock) {
    const entry = { calls: 0, milliseconds: 0 };
    spent.set(config.kernelName, entry);
    replace(config.kernelName, {
      ...config,
      kernelFunc: (call) => {
        // A kernel may call another directly; its time then belongs to the outer one.
        if (depth > 0) return config.kernelFunc(call);
        depth++;
        const start = performance.now();
        const result = config.kernelFunc(call);
        entry.milliseconds += performance.now() - start;
        entry.calls++;
        depth--;
        return result;
      },
    });
  }
  for (let i = 0; i < repetitions; i++) run();
  for (const config of stock) replace(config.kernelName, config);
  return [...spent]
    .filter(([, { calls }]) => calls > 0)
    .map(([kernel, { calls, milliseconds }]) => ({
      kernel,
      calls: calls / repetitions,
      milliseconds: milliseconds / repetitions,
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
}

function replace(kernelName: string, config: tf.KernelConfig): void {
  tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel(config);
}
