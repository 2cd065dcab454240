/** Names of the built-in data sets, for checks, suggestions and docs, without loading any of it. */
export const datasetNames: readonly string[] = ['cifar10', 'mnist', 'fashion-mnist', 'synthetic'];
