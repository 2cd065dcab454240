/** The losses that go by a name. A user's module may bring a function of its own instead: `objective.ts`. */

export const lossNames = ['softmaxCrossEntropy', 'meanSquaredError'] as const;
export type LossName = (typeof lossNames)[number];

export function isLossName(value: unknown): value is LossName {
  return lossNames.some((name) => name === value);
}
