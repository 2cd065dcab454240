/**
 * What each worker is doing, as far as the server knows: folded from engine steps, heartbeats and crashes. For displays
 * and logs only; no decision reads it.
 */
import type { EngineStep } from '../../protocols/sync/events.js';
import type { EngineState } from '../../protocols/sync/round-engine.js';
import type { ToServer } from '../../protocols/wire/messages.js';
import type { WorkerState, WorkerStatus } from '../telemetry/run-events.js';

interface Tally {
  tasks: number;
  taskSeconds: number;
  restarts: number;
  crashes: number;
  contributions: number;
  /** From the last heartbeat, with the attempt that it was about. */
  heartbeat: { readonly attempt: number; readonly state: WorkerState } | null;
  restarting: boolean;
}

export class FleetStatus {
  readonly #tallies: Tally[];
  #state: EngineState | null = null;

  /** @param workers N expected */
  constructor(workers: number) {
    this.#tallies = Array.from({ length: workers }, newTally);
  }

  heard(header: ToServer): void {
    const tally = this.#tally(header.worker);
    if (header.type === 'heartbeat') tally.heartbeat = { attempt: header.attempt, state: header.state };
    if (header.type === 'update') {
      tally.tasks += 1;
      tally.taskSeconds += header.taskSeconds;
    }
  }

  step({ event, effects }: EngineStep, state: EngineState): void {
    this.#state = state;
    if (event.type === 'worker-joined') this.#tally(event.worker).restarting = false;
    if (event.type === 'worker-lost' && !effects.some(({ type }) => type === 'ignore')) {
      const tally = this.#tally(event.worker);
      tally.crashes += 1;
      tally.restarting = event.returns;
    }
    for (const effect of effects) {
      if (effect.type === 'cancel') this.#tally(effect.worker).restarts += 1;
      if (effect.type !== 'commit') continue;
      for (const { worker } of effect.contributions) this.#tally(worker).contributions += 1;
    }
  }

  /** All workers, by index. */
  workers(): readonly WorkerStatus[] {
    return this.#tallies.map((tally, worker) => {
      const member = this.#state?.members[worker];
      return {
        worker,
        state: this.#stateOf(worker, tally),
        incarnation: member?.incarnation ?? 0,
        staleness: member?.staleness ?? 0,
        tasks: tally.tasks,
        restarts: tally.restarts,
        crashes: tally.crashes,
        contributions: tally.contributions,
        meanTaskSeconds: tally.tasks === 0 ? null : tally.taskSeconds / tally.tasks,
      };
    });
  }

  #stateOf(worker: number, { heartbeat, restarting }: Tally): WorkerState {
    const member = this.#state?.members[worker];
    switch (member?.status) {
      case undefined:
      case 'expected':
        return 'joining';
      case 'lost':
        return restarting ? 'restarting' : 'lost';
      case 'gone':
        return 'gone';
      case 'idle':
        return 'idle';
      case 'computing': {
        const { state, attempt } = heartbeat ?? { state: 'computing', attempt: 0 };
        const known = attempt === member.attempt && (state === 'waiting' || state === 'uploading');
        return known ? state : 'computing';
      }
    }
  }

  #tally(worker: number): Tally {
    for (let index = this.#tallies.length; index <= worker; index += 1) this.#tallies.push(newTally());
    return this.#tallies[worker] ?? newTally();
  }
}

function newTally(): Tally {
  return {
    tasks: 0,
    taskSeconds: 0,
    restarts: 0,
    crashes: 0,
    contributions: 0,
    heartbeat: null,
    restarting: false,
  };
}
