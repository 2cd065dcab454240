/** Names of the built-in data sets, for checks, suggestions and docs, without loading what decodes them. */
export const datasetNames: readonly string[] = ['cifar10', 'cifar100', 'mnist', 'fashion-mnist', 'synthetic'];
