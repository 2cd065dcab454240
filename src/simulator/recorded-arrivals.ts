/**
 * What came to the server in a run that was, so that the same can come in simulated time: each update when it came then, and
 * between them, at their times, the joins, losses, deadlines and stops. Of the record only events are used; what is done
 * about them is decided afresh, and what a task gives is computed afresh.
 *
 * Invariant: all that was recorded comes once, at the very time and in the very order of the record.
 */
import type { Assign, EngineEvent, EngineStep, UpdateArrived } from '../../protocols/sync/events.js';
import { updateIdOf } from '../../protocols/sync/update-id.js';

/** An event of the record. */
export interface Recorded<Event extends EngineEvent = EngineEvent> {
  readonly event: Event;
  /** Its number in the record: what decides between events of one instant. */
  readonly place: number;
}

export interface RecordedArrivals {
  /** Whatever no assignment brings about: joins, losses, deadlines, stops, and updates that answer no assignment of the
   *  record. */
  readonly unasked: readonly Recorded[];
  /**
   * Arrivals of the update that answers this assignment, in order: none where it was cancelled or its worker lost, more than
   * one where the worker repeated its upload.
   * @throws RangeError if the record's update was computed from another version, so that its run was not this one
   */
  answers(
    assign: Pick<Assign, 'worker' | 'incarnation' | 'attempt' | 'version'>,
  ): readonly Recorded<UpdateArrived>[];
}

/** @param steps of the whole run, from its first event on, as its journal has them */
export function recordedArrivals(steps: Iterable<EngineStep>): RecordedArrivals {
  const unasked: Recorded[] = [];
  const answers = new Map<string, Recorded<UpdateArrived>[]>();
  /** By update id: the version from which the update is to be computed. */
  const asked = new Map<string, number>();
  let place = 0;
  for (const { event, effects } of steps) {
    if (event.type === 'update-arrived' && isAnswer(event, asked)) {
      const { updateId } = event;
      const before = answers.get(updateId);
      if (before === undefined) answers.set(updateId, [{ event, place }]);
      else before.push({ event, place });
    } else {
      unasked.push({ event, place });
    }
    for (const effect of effects) {
      if (effect.type !== 'assign') continue;
      const { worker, incarnation, attempt, version } = effect;
      asked.set(updateIdOf(worker, incarnation, attempt), version);
    }
    place += 1;
  }
  return {
    unasked,
    answers({ worker, incarnation, attempt, version }) {
      const updateId = updateIdOf(worker, incarnation, attempt);
      const recorded = asked.get(updateId);
      if (recorded !== undefined && recorded !== version) {
        const given = `assignment ${updateId} from version ${version}`;
        throw new RangeError(`${given}: the record has it from version ${recorded}, so its run was another`);
      }
      return answers.get(updateId) ?? [];
    },
  };
}

/** False for what is forged or mistaken: it names an assignment that was never given. */
function isAnswer(update: UpdateArrived, asked: ReadonlyMap<string, number>): boolean {
  const { updateId, worker, incarnation, attempt, baseVersion } = update;
  return updateId === updateIdOf(worker, incarnation, attempt) && asked.get(updateId) === baseVersion;
}
