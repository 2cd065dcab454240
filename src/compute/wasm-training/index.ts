/**
 * The wasm backend of TensorFlow.js, made able to train: the gradient kernels that it ships without, and faster ones in
 * place of those that are too slow. NHWC only. See docs/wasm-training.md.
 */
export { useCpuBackend, useWasmBackend } from './backends.js';
export { registerTrainingKernels } from './register.js';
