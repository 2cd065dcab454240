/**
 * What each worker is doing, as far as the server knows: folded from engine steps and from what workers send. For displays
 * and logs only; no decision reads it.
 *
 * Invariant: it keeps an entry for those workers only that the run expects or the engine has taken in, whatever is heard.
 */
import type { EngineStep } from '../../protocols/sync/events.js';
import { isLiving } from '../../protocols/sync/member.js';
import type { Member } from '../../protocols/sync/policy.js';
import type { EngineState } from '../../protocols/sync/round-engine.js';
import { isOverrun } from '../../protocols/sync/task-deadline.js';
import type { ToServer } from '../../protocols/wire/messages.js';
import type { WorkerState, WorkerStatus } from '../telemetry/run-events.js';

interface Tally {
  tasks: number;
  taskSeconds: number;
  /** Of the last finished task: an upload of it, or of one before it, is a repetition. */
  lastAttempt: number;
  restarts: number;
  crashes: number;
  /** The last incarnation whose loss was counted. */
  lastLost: number;
  contributions: number;
  /** From the last heartbeat, with the attempt that it was about. */
  heartbeat: { readonly attempt: number; readonly state: WorkerState } | null;
  /** The life in which it is silent just now; null: it is heard. */
  suspected: number | null;
}

export class FleetStatus {
  readonly #tallies = new Map<number, Tally>();
  #members: readonly Member[] = [];

  /** @param workers N expected */
  constructor(workers: number) {
    for (let worker = 0; worker < workers; worker += 1) this.#tallies.set(worker, newTally());
  }

  heard(header: ToServer): void {
    const tally = this.#tallies.get(header.worker);
    if (tally === undefined) return;
    const { type } = header;
    if (type === 'heartbeat') tally.heartbeat = { attempt: header.attempt, state: header.state };
    if (type === 'update') this.#taskDone(tally, header.attempt, header.taskSeconds);
  }

  /** The worker is silent, or is heard again. */
  suspicion(worker: number, incarnation: number, suspected: boolean): void {
    const tally = this.#tallies.get(worker);
    if (tally !== undefined) tally.suspected = suspected ? incarnation : null;
  }

  /** In simulated time, where nobody sends anything: a worker has finished a task. */
  taskDone(worker: number, attempt: number, time: number): void {
    const tally = this.#tallies.get(worker);
    if (tally !== undefined) this.#taskDone(tally, attempt, time);
  }

  #taskDone(tally: Tally, attempt: number, seconds: number): void {
    if (attempt <= tally.lastAttempt) return;
    tally.lastAttempt = attempt;
    tally.tasks += 1;
    tally.taskSeconds += seconds;
  }

  step({ event, effects }: EngineStep, state: EngineState): void {
    this.#members = state.members;
    if (event.type === 'worker-lost' && !effects.some(({ type }) => type === 'ignore')) {
      const tally = this.#tally(event.worker);
      if (event.incarnation > tally.lastLost) tally.crashes += 1;
      tally.lastLost = Math.max(tally.lastLost, event.incarnation);
    }
    for (const effect of effects) {
      if (effect.type === 'assign') this.#tally(effect.worker); // it has joined
      if (effect.type === 'cancel' && !isOverrun(effect, event)) this.#tally(effect.worker).restarts += 1;
      if (effect.type !== 'commit') continue;
      for (const { worker } of effect.contributions) this.#tally(worker).contributions += 1;
    }
  }

  /** The N expected workers and all others that joined, by index. */
  workers(): readonly WorkerStatus[] {
    const known = [...this.#tallies].sort(([a], [b]) => a - b);
    return known.map(([worker, tally]) => {
      const member = this.#members[worker];
      return {
        worker,
        state: isSuspect(member, tally) ? 'suspect' : stateOf(member, tally),
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

  #tally(worker: number): Tally {
    const known = this.#tallies.get(worker) ?? newTally();
    this.#tallies.set(worker, known);
    return known;
  }
}

/** Only a life that the engine counts on can be. */
function isSuspect(member: Member | undefined, { suspected }: Tally): boolean {
  return member !== undefined && isLiving(member) && suspected === member.incarnation;
}

function stateOf(member: Member | undefined, { heartbeat }: Tally): WorkerState {
  switch (member?.status) {
    case undefined:
    case 'expected':
      return 'joining';
    case 'lost':
      return 'restarting';
    case 'gone':
      return 'gone';
    case 'idle':
    case 'paused':
      return member.status;
    case 'computing': {
      const { state, attempt } = heartbeat ?? { state: 'computing', attempt: 0 };
      const known = attempt === member.attempt && (state === 'waiting' || state === 'uploading');
      return known ? state : 'computing';
    }
  }
}

function newTally(): Tally {
  return {
    tasks: 0,
    taskSeconds: 0,
    lastAttempt: 0,
    restarts: 0,
    crashes: 0,
    lastLost: 0,
    contributions: 0,
    heartbeat: null,
    suspected: null,
  };
}
