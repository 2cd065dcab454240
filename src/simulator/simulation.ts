/**
 * A run in simulated time: the round engine of a live run, fed by a clock that jumps from event to event. Workers take the
 * times that the straggler model draws, or what was recorded happens again; gradients are real, computed ahead by all threads.
 *
 * Invariants: time never goes back; of equal events the order is that of `EventQueue`; the same options give the same events,
 * effects and weights whatever the number of threads; a run that gets nowhere ends, also where no time is set for it.
 */
import { setImmediate as eventLoop } from 'node:timers/promises';
import { Subject } from 'rxjs';
import type {
  Assign,
  Cancel,
  Commit,
  Effect,
  EngineEvent,
  EngineStep,
  Time,
  UpdateArrived,
} from '../../protocols/sync/events.js';
import { runRoundEngine } from '../../protocols/sync/gather-rounds.js';
import type { EngineOptions, EngineState } from '../../protocols/sync/round-engine.js';
import type { LocalUpdate } from '../compute/compute.js';
import type { ParameterStore } from '../compute/parameter-store.js';
import type { TaskTimes } from '../stragglers/task-times.js';
import { arrivalOf, timedUpdate } from './arrival.js';
import {
  type ComingEvent,
  type FromRecord,
  isVoid,
  PendingDeadlines,
  type Stage,
  type Task,
} from './coming-events.js';
import { EventQueue } from './event-queue.js';
import type { Outlook } from './forecast.js';
import type { LookAhead } from './look-ahead.js';
import type { Network } from './network.js';
import type { Recorded, RecordedArrivals } from './recorded-arrivals.js';
import { PassingMarks, type TimeMarks } from './time-marks.js';

/** What carries out the tasks, and keeps the weights. */
export interface SimulatedTraining {
  readonly lookAhead: LookAhead;
  readonly store: ParameterStore;
}

export interface SimulationOptions {
  readonly engine: EngineOptions;
  readonly taskTimes: Pick<TaskTimes, 'taskTime'>;
  readonly network: Network;
  /** A run whose arrivals come again instead: then nobody joins by itself, and neither task times nor network are asked.
   *  Default: none. */
  readonly recorded?: RecordedArrivals;
  /** Bytes of a model or an update. */
  readonly messageBytes: number;
  /** Null: timing only. Then every update has the loss 1. */
  readonly training: SimulatedTraining | null;
  /** Samples of a local step. */
  readonly batchSize: number;
  /** The run ends at this time; null: when the engine says so. */
  readonly until: Time | null;
  /** Null (default): none. */
  readonly marks?: TimeMarks | null;
  /** After the effects of a step were carried out. What it returns is waited for before time goes on. */
  readonly onStep: (step: EngineStep, state: EngineState) => void | Promise<void>;
}

/** How the run ended, as the engine saw it. */
export interface SimulationOutcome {
  /** Null: it finished, or was stopped. */
  readonly code: 'non-finite' | 'no-workers' | null;
  readonly reason: string;
}

interface Stop {
  readonly when: 'finish-round' | 'now';
  readonly reason: string;
}

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #queue = new EventQueue<ComingEvent>(isVoid);
  readonly #events$ = new Subject<EngineEvent>();
  /** The task that each worker has in hand. */
  readonly #tasks: (Task | undefined)[] = [];
  readonly #deadlines = new PendingDeadlines(this.#queue);
  /** What the engine has made of the event in hand. */
  #step: EngineStep | null = null;
  #engineError: { readonly error: unknown } | null = null;
  #state: EngineState | null = null;
  #lastCommit: Commit | null = null;
  #arrived: { readonly updateId: string; readonly update: LocalUpdate } | null = null;
  #stop: Stop | null = null;
  /** The run is to stop at once: nothing is waited for any more. */
  #stopsNow = false;
  /** Ends the wait for what goes on outside. */
  #stopWaiting: () => void = () => undefined;
  /** The stop that the engine knows of already. */
  #stopping: Stop['when'] | null = null;
  #outcome: SimulationOutcome | null = null;
  #now: Time = 0;
  readonly #marks: PassingMarks;

  constructor(options: SimulationOptions) {
    this.#options = options;
    this.#marks = new PassingMarks(options.marks ?? null);
    this.#events$
      .pipe(
        runRoundEngine(options.engine, undefined, (state) => {
          this.#state = state;
        }),
      )
      .subscribe({
        next: (step) => {
          this.#step = step;
        },
        error: (error: unknown) => {
          this.#engineError = { error };
        },
      });
  }

  /** Simulated time. */
  now(): Time {
    return this.#now;
  }

  /** Ends the run after the open round, or before the next event. Asking again does nothing, unless it is for sooner. */
  stop(when: Stop['when'], reason: string): void {
    const asked = this.#stop?.when ?? this.#stopping;
    if (asked !== null && !(asked === 'finish-round' && when === 'now')) return;
    this.#stop = { when, reason };
    if (when !== 'now') return;
    this.#stopsNow = true;
    this.#stopWaiting();
  }

  /**
   * Lets time pass until the run is over.
   * @throws what a policy, a computation or `onStep` throws
   */
  async run(): Promise<SimulationOutcome> {
    try {
      return await this.#toTheEnd();
    } finally {
      this.#events$.complete();
      for (const task of this.#tasks) task?.computation?.cancel();
    }
  }

  async #toTheEnd(): Promise<SimulationOutcome> {
    const { engine, until, recorded } = this.#options;
    // Whoever has just learnt of the run may subscribe before anything happens.
    await eventLoop();
    if (recorded === undefined) await this.#allJoin(engine.workers);
    else this.#expect(recorded.unasked);
    for (let events = 0; this.#outcome === null; events += 1) {
      // Signals and timers are heard in between.
      if (events % eventsPerTurn === eventsPerTurn - 1) await eventLoop();
      if (this.#stop !== null) {
        const { when, reason } = this.#stop;
        this.#stop = null;
        this.#stopping = when;
        await this.#unlessStopped(this.#feed({ type: 'stop-requested', time: this.#now, when, reason }));
        continue;
      }
      const next = this.#queue.peek();
      const mark = this.#marks.due(next?.time, until);
      if (mark !== null) {
        this.#now = mark;
        await this.#unlessStopped(this.#marks.pass(mark));
        continue;
      }
      if (until !== null && (next === undefined || next.time > until)) {
        this.#now = until;
        this.stop('now', `${until} time units`);
        continue;
      }
      if (next === undefined) {
        const reason = 'nothing is left to happen: no worker computes, and no deadline is set';
        this.stop('now', reason);
        continue;
      }
      this.#queue.pop();
      this.#now = next.time;
      const done = this.#happen(next);
      if (done !== undefined) await this.#unlessStopped(done);
    }
    return this.#outcome;
  }

  async #allJoin(workers: number): Promise<void> {
    for (let worker = 0; worker < workers && this.#outcome === null; worker += 1) {
      await this.#unlessStopped(this.#feed({ type: 'worker-joined', time: 0, worker, incarnation: 1 }));
    }
  }

  /** Waits, but for nobody once the run is to stop at once. */
  #unlessStopped(done: void | Promise<void>): void | Promise<void> {
    if (done === undefined) return;
    // A race with one promise for the whole run would hold something of every wait until the end.
    return new Promise((resolve, reject) => {
      this.#stopWaiting = resolve;
      done.then(resolve, reject);
      if (this.#stopsNow) resolve();
    });
  }

  #happen(event: ComingEvent): void | Promise<void> {
    switch (event.type) {
      case 'deadline':
        return this.#feed({ type: 'deadline-passed', time: event.time, deadline: event.name });
      case 'unasked':
        return this.#feed(event.event);
      case 'answered':
        return this.#update(event.task, event.recorded);
      case 'task':
        return this.#goesOn(event);
    }
  }

  /** One stage later, unless there is nothing between. */
  #goesOn(task: Task): void | Promise<void> {
    const { network, messageBytes } = this.#options;
    const { time, stage, worker } = task;
    if (stage === 'computed') {
      const at = network.upload(worker, messageBytes, time);
      if (at > time) return this.#pushStage(task, 'uploaded', at);
    }
    if (stage !== 'received') {
      const at = network.receive(messageBytes, time);
      if (at > time) return this.#pushStage(task, 'received', at);
    }
    return this.#update(task);
  }

  #pushStage(task: Task, stage: Stage, at: Time): void {
    task.stage = stage;
    task.time = at;
    this.#queue.push(task);
  }

  /** @param recorded what came then: it comes again where nothing is computed */
  #update(task: Task, recorded: UpdateArrived | null = null): void | Promise<void> {
    const { computation } = task;
    // Cancelled on its way: the engine will refuse it, whatever it holds.
    if (task.cancelledAt !== null || computation === null) {
      return recorded === null
        ? this.#deliver(task, timedUpdate(task.assign, this.#options.batchSize))
        : this.#feed(recorded);
    }
    const result = computation.result();
    return result instanceof Promise
      ? result.then((update) => (this.#stop?.when === 'now' ? undefined : this.#deliver(task, update)))
      : this.#deliver(task, result);
  }

  #deliver({ assign }: Task, update: LocalUpdate): void | Promise<void> {
    const arrival = arrivalOf(assign, update, this.#now);
    this.#arrived = { updateId: arrival.updateId, update };
    return this.#feed(arrival);
  }

  #feed(event: EngineEvent): void | Promise<void> {
    this.#events$.next(event);
    const step = this.#step;
    if (this.#engineError !== null) throw this.#engineError.error;
    this.#step = null;
    if (step === null || this.#state === null) return;
    for (const effect of step.effects) this.#carryOut(effect);
    this.#arrived = null;
    if (this.#outcome === null) this.#options.training?.lookAhead.proceed(this.#outlook);
    return this.#options.onStep(step, this.#state);
  }

  #carryOut(effect: Effect): void {
    const store = this.#options.training?.store;
    switch (effect.type) {
      case 'accumulate':
        if (this.#arrived !== null) store?.hold(effect.updateId, this.#arrived.update.delta, effect.worker);
        break;
      case 'discard':
        if (effect.updateId !== this.#arrived?.updateId) store?.drop(effect.updateId);
        break;
      case 'commit':
        store?.commit(effect);
        this.#lastCommit = effect;
        break;
      case 'assign':
        store?.given(effect.worker);
        this.#assign(effect);
        break;
      case 'cancel':
        this.#cancel(effect);
        break;
      case 'schedule':
        // Timers of a live run are late now and then: a record knows when its deadlines passed.
        if (this.#options.recorded === undefined) this.#deadlines.schedule(effect.deadline, effect.at);
        break;
      case 'finish':
        this.#outcome = { code: null, reason: effect.reason };
        break;
      case 'fail':
        this.#outcome = { code: effect.code, reason: effect.reason };
        break;
      case 'pause': // who is given nothing does nothing
      case 'ignore':
        break;
    }
  }

  #assign(assign: Assign): void {
    const { training, until, recorded } = this.#options;
    const { worker, attempt, localSteps, gone } = assign;
    const task: Task = {
      type: 'task',
      worker,
      assign,
      time: this.#now,
      stage: 'computed',
      computation: null,
      cancelledAt: null,
    };
    const neededAt = recorded === undefined ? this.#begin(task) : this.#recall(task, recorded);
    if (training !== null && neededAt !== null && (until === null || neededAt <= until)) {
      const parameters = training.store.current();
      const work = { worker, attempt, parameters, localSteps, ...(gone !== undefined && { gone }) };
      task.computation = training.lookAhead.begin(work, { endsAt: neededAt, version: assign.version });
    }
    this.#tasks[worker] = task;
  }

  /** What the next commits depend on; null: not known yet, or they come from a record. */
  readonly #outlook = (): Outlook | null => {
    const { engine, recorded, taskTimes } = this.#options;
    if (this.#state === null || this.#lastCommit === null || recorded !== undefined) return null;
    const { version, members, contributions } = this.#state;
    return {
      version,
      held: contributions.length,
      waiting: contributions.flatMap(({ worker }) => {
        const member = members[worker];
        return member?.status === 'idle' ? [member] : [];
      }),
      waitCount: this.#lastCommit.waitCount,
      bound: this.#lastCommit.maxStaleness ?? Infinity,
      test: engine.policy.stalenessTest ?? 'ge',
      pulls: engine.policy.counts === 'mini-batches',
      endOf: (worker, attempt, beginsAt) => beginsAt + taskTimes.taskTime(worker, attempt, beginsAt),
    };
  };

  /** @returns when the worker takes its last step */
  #begin(task: Task): Time {
    const { taskTimes, network, messageBytes } = this.#options;
    const { worker, attempt } = task.assign;
    const beginsAt = network.download(worker, messageBytes, this.#now);
    const endsAt = beginsAt + taskTimes.taskTime(worker, attempt, beginsAt);
    this.#pushStage(task, 'computed', endsAt);
    return endsAt;
  }

  /** @returns when the update came first; null: it never did */
  #recall(task: Task, recorded: RecordedArrivals): Time | null {
    const answers = recorded.answers(task.assign);
    for (const answer of answers) {
      this.#pushRecorded({ type: 'answered', task, recorded: answer.event }, answer);
    }
    return answers[0]?.event.time ?? null;
  }

  #expect(unasked: readonly Recorded[]): void {
    for (const known of unasked) this.#pushRecorded({ type: 'unasked', event: known.event }, known);
  }

  #pushRecorded(what: FromRecord, { event: { time }, place }: Recorded): void {
    if (time < this.#now) {
      throw new RangeError(
        `what was recorded at ${time} is due at ${this.#now} only: the record's run was another`,
      );
    }
    this.#queue.push({ ...what, time, worker: null }, place);
  }

  /** The worker drops its work, unless that is on its way already when it hears of it. */
  #cancel({ worker }: Cancel): void {
    const task = this.#tasks[worker];
    if (task === undefined) return;
    task.computation?.cancel();
    // Its end stays in the queue, and would keep what it holds.
    task.computation = null;
    task.cancelledAt = this.#options.network.signal(worker, this.#now);
    this.#queue.hasVoid();
  }
}

/** A few milliseconds' worth. */
const eventsPerTurn = 1024;
