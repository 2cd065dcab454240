/** All functions that the kernels of `src/compute/wasm-training/` call; memory is the one of the tfjs wasm backend. */
export { conv2d, conv2dFilterGradient, conv2dInputGradient } from './conv2d';
export { depthwise, depthwiseFilterGradient, depthwiseInputGradient } from './depthwise';
export { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from './pool';
export { matMul } from './matmul';
export { binary, reluGradient } from './elementwise';
export { sumColumns } from './reduce';
export { batchNormSums, normalize } from './batch-norm';
