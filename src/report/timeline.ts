/**
 * Who computed, waited and was restarted, from the journal: what each worker did from one event to the next, within a stretch
 * of the run's time. A worker computes from its assignment until its update arrives or it is cancelled, and waits until it is
 * assigned again. In a live run the time of a transfer counts as computing: the journal knows what the server knows.
 */
import type { Effect, EngineEvent, EngineStep, WorkerId } from '../../protocols/sync/events.js';
import { isOverrun } from '../../protocols/sync/task-deadline.js';

/**
 * - computed: work that gave an update (or, at the end of the stretch, was not yet cut off)
 * - dropped: work of which nothing came: cancelled, refused, or lost with its worker
 * - waited: from the upload to the next assignment
 * - absent: crashed or not heard of
 */
export type Activity = 'computed' | 'dropped' | 'waited' | 'absent';

export interface Span {
  readonly worker: WorkerId;
  readonly activity: Activity;
  readonly from: number;
  readonly to: number;
}

export interface Moment {
  readonly worker: WorkerId;
  readonly time: number;
}

export interface Timeline {
  readonly from: number;
  readonly to: number;
  /** The workers shown, ascending. */
  readonly workers: readonly WorkerId[];
  readonly spans: readonly Span[];
  /** When work was cancelled because it had become too stale. */
  readonly restarts: readonly Moment[];
  /** When rounds closed. */
  readonly rounds: readonly number[];
}

export interface TimelineOptions {
  /** N. */
  readonly workers: number;
  /** Run time from which on to draw; default: 0. */
  readonly from?: number | undefined;
  /** Run time until which to draw; default: when 12 tasks per worker (of those shown) have ended after `from`. */
  readonly to?: number | undefined;
}

/** More workers than this are illegible: as many are taken, evenly over their numbers. */
const mostWorkers = 32;
/** A stretch with more spans is cut there, and its `to` says where. */
const mostSpans = 6000;
const tasksPerWorker = 12;

interface Doing {
  activity: Activity;
  since: number;
}

export class TimelineFold {
  readonly #shown: ReadonlySet<WorkerId>;
  readonly #from: number;
  readonly #to: number;
  readonly #tasks: number;
  readonly #doing = new Map<WorkerId, Doing>();
  readonly #spans: Span[] = [];
  readonly #restarts: Moment[] = [];
  readonly #rounds: number[] = [];
  #ended = 0;
  #last = 0;
  #full = false;

  constructor({ workers, from = 0, to }: TimelineOptions) {
    const shown = Math.min(workers, mostWorkers);
    this.#shown = new Set(Array.from({ length: shown }, (_, row) => Math.floor((row * workers) / shown)));
    this.#from = from;
    this.#to = to ?? Number.POSITIVE_INFINITY;
    this.#tasks = to === undefined ? shown * tasksPerWorker : Number.POSITIVE_INFINITY;
  }

  /** True once nothing that follows can matter. */
  get full(): boolean {
    return this.#full;
  }

  step({ event, effects }: EngineStep): void {
    if (this.#full) return;
    if (event.time > this.#to) {
      this.#last = this.#to;
      this.#full = true;
      return;
    }
    const { time } = event;
    this.#last = time;
    if (event.type === 'worker-lost' && this.#doing.has(event.worker)) {
      this.#turn(event.worker, 'absent', time, 'dropped');
    }
    for (const effect of effects) this.#effect(effect, event);
    this.#full = this.#ended >= this.#tasks || this.#spans.length >= mostSpans;
  }

  /** What was drawn; null if the run never came to the stretch. */
  timeline(): Timeline | null {
    const [from, to] = [this.#from, this.#last];
    if (to <= from) return null;
    const open = [...this.#doing].map(
      ([worker, { activity, since }]): Span => ({ worker, activity, from: since, to }),
    );
    const spans = [...this.#spans, ...open];
    const workers = [...this.#shown].sort((left, right) => left - right);
    return within({ from, to, workers, spans, restarts: this.#restarts, rounds: this.#rounds }, from, to);
  }

  #effect(effect: Effect, event: EngineEvent): void {
    const { time } = event;
    switch (effect.type) {
      case 'assign':
        // A worker that still computed has come back under a new incarnation: its old work is lost.
        this.#turn(effect.worker, 'computed', time, 'dropped');
        break;
      case 'accumulate':
        this.#uploaded(effect.worker, time, 'computed');
        break;
      case 'discard':
        // Only these answer a living assignment; others come from work that has ended here already.
        if (effect.reason !== 'non-finite' && effect.reason !== 'refused-by-policy') break;
        this.#uploaded(effect.worker, time, 'dropped');
        break;
      case 'cancel':
        this.#turn(effect.worker, 'waited', time, 'dropped');
        if (this.#shown.has(effect.worker) && time >= this.#from && !isOverrun(effect, event)) {
          this.#restarts.push({ worker: effect.worker, time });
        }
        break;
      case 'commit':
        if (time >= this.#from) this.#rounds.push(time);
        break;
      default:
        break;
    }
  }

  #uploaded(worker: WorkerId, time: number, activity: Activity): void {
    if (this.#shown.has(worker) && time > this.#from) this.#ended += 1;
    this.#turn(worker, 'waited', time, activity);
  }

  /** From now on the worker does something else; `computing` says what became of what it computed until now. */
  #turn(worker: WorkerId, activity: Activity, time: number, computing: Activity): void {
    if (!this.#shown.has(worker)) return;
    const before = this.#doing.get(worker);
    if (before !== undefined && time > before.since && time > this.#from) {
      const was = before.activity === 'computed' ? computing : before.activity;
      this.#spans.push({ worker, activity: was, from: before.since, to: time });
    }
    this.#doing.set(worker, { activity, since: time });
  }
}

/** The part of a timeline between two times. */
export function within(timeline: Timeline, from: number, to: number): Timeline {
  const inside = (time: number): boolean => time >= from && time <= to;
  const spans = timeline.spans
    .map((span) => ({ ...span, from: Math.max(from, span.from), to: Math.min(to, span.to) }))
    .filter((span) => span.to > span.from);
  return {
    from,
    to,
    workers: timeline.workers,
    spans,
    restarts: timeline.restarts.filter(({ time }) => inside(time)),
    rounds: timeline.rounds.filter(inside),
  };
}
