/**
 * Who was heard when, and what follows from silence: first suspicion, which changes nothing, then death. Pure but for what
 * it remembers: time is what the caller says.
 *
 * Invariant: silence counts only while the connection is up and this process was itself awake, and when nobody at all is
 * heard it counts for longer: a pause of ours must not be taken for the death of theirs.
 */
import { HeartbeatRhythm, type SilenceLimits } from './heartbeat-rhythm.js';

export interface FleetWatchOptions extends SilenceLimits {
  /** N: workers 0 … N−1 are expected from the start. */
  readonly workers: number;
  /** Longest backoff before a crashed worker's next life: so much longer it may be silent, seconds. */
  readonly restartSeconds: number;
}

/** What became known about a worker. */
export interface Finding {
  /** trusted: it was suspected and is heard again. */
  readonly type: 'suspected' | 'trusted' | 'dead';
  readonly worker: number;
  readonly incarnation: number;
  /** Seconds. */
  readonly silent: number;
  /** `not heard for 4.2 s, its limit is 4.0 s`. */
  readonly reason: string;
}

interface Watch {
  readonly incarnation: number;
  readonly since: number;
  /** Between two lives, or before the first. */
  readonly expected: boolean;
  readonly suspected: boolean;
  /** When its last heartbeat came; null: none did since it was last out of hearing. */
  readonly heartbeatAt: number | null;
  readonly rhythm: HeartbeatRhythm;
}

/** With nobody heard at all, the fault is more likely here than everywhere else: patience is multiplied. */
const patienceWithSilenceOfAll = 3;

export class FleetWatch {
  readonly #options: FleetWatchOptions;
  readonly #watches = new Map<number, Watch>();
  #connected = true;
  #lastLook: number;
  #lastHeard: number;

  constructor(options: FleetWatchOptions, now: number) {
    this.#options = options;
    this.#lastLook = now;
    this.#lastHeard = now;
    for (let worker = 0; worker < options.workers; worker += 1) {
      this.#watches.set(worker, beginning(0, now, true));
    }
  }

  /** Seconds between two looks for silence. */
  get lookEverySeconds(): number {
    return this.#options.heartbeatSeconds / 2;
  }

  /** A sign of life. Returns what that changes. */
  heard(worker: number, incarnation: number, isHeartbeat: boolean, now: number): Finding | null {
    this.#lastHeard = now;
    const known = this.#watches.get(worker);
    if (incarnation < (known?.incarnation ?? 0)) return null;
    const same = known !== undefined && !known.expected && known.incarnation === incarnation;
    const watch = same ? known : beginning(incarnation, now, false);
    if (isHeartbeat && watch.heartbeatAt !== null) watch.rhythm.observe(now - watch.heartbeatAt);
    const heartbeatAt = isHeartbeat ? now : watch.heartbeatAt;
    this.#watches.set(worker, { ...watch, since: now, suspected: false, heartbeatAt });
    if (known?.suspected !== true) return null;
    return { type: 'trusted', worker, incarnation, silent: now - known.since, reason: 'heard again' };
  }

  /** Its supervisor says that it died and comes again. */
  returns(worker: number, incarnation: number, now: number): void {
    if (incarnation < (this.#watches.get(worker)?.incarnation ?? 0)) return;
    this.#watches.set(worker, beginning(incarnation, now, true));
  }

  /** It is gone for good. */
  forget(worker: number, incarnation: number): void {
    if ((this.#watches.get(worker)?.incarnation ?? 0) <= incarnation) this.#watches.delete(worker);
  }

  /** The connection was lost, or is there again; then everybody gets the whole of the time again. */
  connection(up: boolean, now: number): void {
    this.#connected = up;
    if (!up) return;
    this.#lastHeard = now;
    for (const [worker, watch] of this.#watches) {
      this.#watches.set(worker, { ...watch, since: now, heartbeatAt: null });
    }
  }

  /** Looks for silence. To be called every `lookEverySeconds`. */
  look(now: number): readonly Finding[] {
    const overslept = now - this.#lastLook - this.lookEverySeconds;
    this.#lastLook = now;
    if (!this.#connected) return [];
    if (overslept > this.#options.heartbeatSeconds) {
      // What came meanwhile is still to be read.
      this.#passOver(overslept);
      return [];
    }
    return [...this.#watches].flatMap(([worker, watch]) => this.#judge(worker, watch, now) ?? []);
  }

  #judge(worker: number, watch: Watch, now: number): Finding | null {
    const { incarnation, since, expected, suspected } = watch;
    const { suspectAfterSeconds, restartSeconds, deadAfterSeconds } = this.#options;
    const silent = now - since;
    if (silent <= suspectAfterSeconds) return null;
    const nobody = now - this.#lastHeard > suspectAfterSeconds;
    const own = expected ? deadAfterSeconds : watch.rhythm.limit(this.#options);
    const limit = own * (nobody ? patienceWithSilenceOfAll : 1) + (expected ? restartSeconds : 0);
    const what = `${expected ? 'did not come' : 'not heard'} for ${silent.toFixed(1)} s`;
    const told = { worker, incarnation, silent, reason: `${what}, its limit is ${limit.toFixed(1)} s` };
    if (silent > limit) {
      this.#watches.delete(worker);
      return { type: 'dead', ...told };
    }
    if (expected || suspected) return null;
    this.#watches.set(worker, { ...watch, suspected: true });
    return { type: 'suspected', ...told };
  }

  /** A pause of our own is nobody's silence. */
  #passOver(seconds: number): void {
    this.#lastHeard += seconds;
    for (const [worker, watch] of this.#watches) {
      const since = Math.min(this.#lastLook, watch.since + seconds);
      this.#watches.set(worker, { ...watch, since, heartbeatAt: null });
    }
  }
}

function beginning(incarnation: number, since: number, expected: boolean): Watch {
  return {
    incarnation,
    since,
    expected,
    suspected: false,
    heartbeatAt: null,
    rhythm: new HeartbeatRhythm(),
  };
}
