/** The engines that can carry out training steps, by the names that a user chooses them by. See `engine.ts`. */

export const engineChoices = ['auto', 'plan', 'tfjs'] as const;
export type EngineChoice = (typeof engineChoices)[number];
export type EngineName = Exclude<EngineChoice, 'auto'>;
