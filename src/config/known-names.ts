/** Names of what is built in, for checks, suggestions and docs, without loading any of it. */

export const modelNames: readonly string[] = ['lenet', 'mlp', 'resnet8'];

export const datasetNames: readonly string[] = ['cifar10', 'mnist', 'fashion-mnist', 'synthetic'];
