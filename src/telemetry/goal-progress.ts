/**
 * How far a run is and how long it still takes. Rounds and time are known ahead and bound the run; a target accuracy may
 * end it sooner. With nothing but a target, the slope of the last evaluations gives a lower bound, for learning slows.
 */

/** When the run ends, whichever comes first; null: no such bound. */
export interface ProgressGoal {
  readonly rounds: number | null;
  /** In the run's time: seconds, or virtual time units. */
  readonly time: number | null;
  /** 0 … 1. */
  readonly targetAccuracy: number | null;
}

export interface ProgressSoFar {
  readonly version: number;
  /** In the run's time. */
  readonly time: number;
  /** Rounds and time units per second of the clock on the wall. */
  readonly roundsPerSecond: number;
  readonly timePerSecond: number;
  /** Seconds on the wall since training started, and accuracy, of the evaluations so far, oldest first. */
  readonly evaluations: readonly { readonly elapsed: number; readonly accuracy: number }[];
}

export interface GoalProgress {
  /** 0 … 1; null if the run has no end. */
  readonly fraction: number | null;
  /** Seconds on the wall; null if nothing can be said yet. */
  readonly secondsLeft: number | null;
  /** `at-most`: a target accuracy may end the run sooner; `at-least`: estimated from the accuracy alone. */
  readonly bound: 'about' | 'at-most' | 'at-least';
}

/** Evaluations that the slope is taken over. */
const SLOPE_OVER = 4;

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

function accuracyPerSecond(evaluations: ProgressSoFar['evaluations']): number {
  const [first] = evaluations.slice(-SLOPE_OVER);
  const last = evaluations.at(-1);
  if (first === undefined || last === undefined || last.elapsed <= first.elapsed) return 0;
  return (last.accuracy - first.accuracy) / (last.elapsed - first.elapsed);
}

const secondsFor = (left: number, perSecond: number): number | null => {
  if (left <= 0) return 0;
  return perSecond > 0 ? left / perSecond : null;
};

export function goalProgress(goal: ProgressGoal, soFar: ProgressSoFar): GoalProgress {
  const known: { fraction: number; seconds: number | null }[] = [];
  if (goal.rounds !== null && goal.rounds > 0) {
    const seconds = secondsFor(goal.rounds - soFar.version, soFar.roundsPerSecond);
    known.push({ fraction: clamp(soFar.version / goal.rounds), seconds });
  }
  if (goal.time !== null && goal.time > 0) {
    const seconds = secondsFor(goal.time - soFar.time, soFar.timePerSecond);
    known.push({ fraction: clamp(soFar.time / goal.time), seconds });
  }
  if (known.length > 0) {
    const left = known.map(({ seconds }) => seconds).filter((seconds) => seconds !== null);
    return {
      fraction: Math.max(...known.map(({ fraction }) => fraction)),
      secondsLeft: left.length > 0 ? Math.min(...left) : null,
      bound: goal.targetAccuracy === null ? 'about' : 'at-most',
    };
  }
  if (goal.targetAccuracy === null || goal.targetAccuracy <= 0) {
    return { fraction: null, secondsLeft: null, bound: 'about' };
  }
  const accuracy = soFar.evaluations.at(-1)?.accuracy ?? 0;
  return {
    fraction: clamp(accuracy / goal.targetAccuracy),
    secondsLeft: secondsFor(goal.targetAccuracy - accuracy, accuracyPerSecond(soFar.evaluations)),
    bound: 'at-least',
  };
}
