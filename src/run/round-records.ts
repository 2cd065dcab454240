/**
 * Engine steps as records for people and files: one per closed round, one per restart. A live, a simulated and a replayed
 * run make the same ones.
 */
import type { Commit, EngineStep } from '../../protocols/sync/events.js';
import { isOverrun } from '../../protocols/sync/task-deadline.js';
import { CommunicationCounter, type CommunicationCounts } from '../../protocols/sync/communication.js';
import type { RestartRecord, RoundRecord } from '../telemetry/run-events.js';

export class RoundRecords {
  readonly #counter: CommunicationCounter;

  /** @param from counts to go on from; default: nothing has been counted */
  constructor(from?: CommunicationCounts) {
    this.#counter = new CommunicationCounter(from);
  }

  /** Counts so far. */
  get counts(): CommunicationCounts {
    return this.#counter.counts;
  }

  /** The records of one step: a round if it closed one, and its restarts. */
  step(step: EngineStep): {
    readonly round: RoundRecord | null;
    readonly restarts: readonly RestartRecord[];
  } {
    this.#counter.add(step);
    const { event } = step;
    const { time } = event;
    const commit = step.effects.find((effect): effect is Commit => effect.type === 'commit');
    const restarts = step.effects
      .filter((effect) => effect.type === 'cancel')
      .filter((cancel) => !isOverrun(cancel, event))
      .map(({ worker, staleness, reason }) => ({ time, worker, staleness, reason }));
    return { round: commit === undefined ? null : this.#round(commit, time), restarts };
  }

  #round(commit: Commit, time: number): RoundRecord {
    const { version, waitCount, maxStaleness, loss, degraded, reason, contributions } = commit;
    const counts = this.#counter.counts;
    const { uploads, downloads, restarts, trainedSamples } = counts;
    const { communicationRounds, communicationRoundsWithoutRestarts } = counts;
    const staleness = contributions.reduce((sum, contribution) => sum + contribution.staleness, 0);
    return {
      version,
      time,
      waitCount,
      maxStaleness,
      loss,
      meanStaleness: staleness / contributions.length,
      uploads,
      downloads,
      restarts,
      communicationRounds,
      communicationRoundsWithoutRestarts,
      degraded,
      trainedSamples,
      reason,
    };
  }
}
