/**
 * The round engine as RxJS operators: an `Observable` of events becomes an `Observable` of engine steps or of rounds. Whether
 * the source is NATS, a virtual clock or a file makes no difference.
 *
 *     events$  --j-j-j---u--u---u--u-|
 *              gatherRounds({ policy: K = 2, … })
 *     rounds$  -------------r------r-|
 *
 * Events must not be fed back into the source while a step is being delivered (a re-entrant `next` would reach the engine
 * before the effects of the present step were carried out): queue them, as an actor's mailbox does.
 */
import { Observable, type OperatorFunction } from 'rxjs';
import type { Commit, EngineEvent, EngineStep, Fail, Time, WorkerId } from './events.js';
import { Engine } from './engine.js';
import type { EngineOptions, EngineState } from './engine-state.js';
import { initialState } from './round-engine.js';

/** A closed round. */
export interface Round {
  /** When it closed. */
  readonly time: Time;
  readonly commit: Commit;
  /** Workers that were restarted because of their staleness or by the policy since the round before. */
  readonly restarted: readonly WorkerId[];
}

/** The run failed; `code` says how. */
export class RoundEngineError extends Error {
  override readonly name = 'RoundEngineError';
  readonly code: Fail['code'];

  constructor({ code, reason }: Fail) {
    super(reason);
    this.code = code;
  }
}

/**
 * Feeds every event to the round engine and emits what is to be done. Completes after the step that holds `finish` or
 * `fail`, or with its source; errors with what a policy throws.
 * @param resumeFrom state to go on from (default: before any worker joined)
 * @param onState called with the state after each step, before the step is emitted. It is the engine's own: to be read until
 *   the next event, not to be kept or spread; `plainState` makes a copy of it (for checkpoints)
 */
export function runRoundEngine<State>(
  options: EngineOptions<State>,
  resumeFrom?: EngineState<State>,
  onState?: (state: EngineState<State>) => void,
): OperatorFunction<EngineEvent, EngineStep> {
  return (events$) =>
    new Observable<EngineStep>((subscriber) => {
      const engine = new Engine(options, resumeFrom ?? initialState(options));
      return events$.subscribe({
        next: (event) => {
          let effects: EngineStep['effects'];
          try {
            effects = engine.advance(event);
          } catch (error) {
            // A policy threw: the stream's error, not its source's.
            subscriber.error(error);
            return;
          }
          onState?.(engine);
          subscriber.next({ event, effects });
          if (engine.status === 'over') subscriber.complete();
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}

/**
 * Gathers the first K^t updates of each round, K^t changing from round to round. Errors with `RoundEngineError` when the
 * engine fails.
 */
export function gatherRounds<State>(options: EngineOptions<State>): OperatorFunction<EngineEvent, Round> {
  return (events$) =>
    new Observable<Round>((subscriber) => {
      let restarted: WorkerId[] = [];
      return events$.pipe(runRoundEngine(options)).subscribe({
        next: ({ event, effects }) => {
          const commit = effects.find((effect) => effect.type === 'commit');
          restarted.push(...effects.filter((e) => e.type === 'cancel').map((e) => e.worker));
          if (commit !== undefined) {
            subscriber.next({ time: event.time, commit, restarted });
            restarted = [];
          }
          const fail = effects.find((effect) => effect.type === 'fail');
          if (fail !== undefined) subscriber.error(new RoundEngineError(fail));
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
}
