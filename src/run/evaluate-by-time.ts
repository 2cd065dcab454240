/**
 * The marks of a live run's clock at which the model in force is evaluated: T, 2T, … seconds. Marks that have passed when
 * it is called, since starting took its time, are left out; a timer that fires late does not move those after it.
 */
import type { CancelTimer, Clock } from '../clock/clock.js';

/**
 * @param every seconds; null: there are none
 * @param onMark told the mark, not the time that it is told at
 * @returns what ends it
 */
export function evaluateByTime(
  every: number | null,
  clock: Clock,
  onMark: (mark: number) => void,
): CancelTimer {
  if (every === null) return () => undefined;
  let cancel: CancelTimer = () => undefined;
  const wait = (number: number): void => {
    const mark = number * every;
    cancel = clock.after(Math.max(0, mark - clock.now()), () => {
      onMark(mark);
      wait(number + 1);
    });
  };
  wait(Math.floor(clock.now() / every) + 1);
  return () => cancel();
}
