/**
 * Who sits where: which process of which life has which worker numbers. Decisions only; `lobby-actor.ts` tells others of them.
 *
 * Invariants: a number has at most one owner; of a process only its newest life owns any; nobody has more numbers than it has
 * slots. A process that comes back finds its old numbers again, as long as nobody else needed them: numbers that nobody has had
 * yet go first, then those that were left longest ago, and those of a process that is being restarted only after a while.
 */
import type { Owner, Owners } from '../server/owners.js';

/** A process that has entered and not left. */
export interface Guest extends Owner {
  readonly slots: number;
  /** In the order in which they were given. */
  readonly workers: readonly number[];
  /** Seconds, by the caller's clock. */
  readonly lastHeard: number;
}

/** What a change of guests means for others. */
export interface Reseating {
  /** Workers whose owner is no more, or is another life now. */
  readonly lost: readonly number[];
  /** Guests who were given numbers. */
  readonly seated: readonly Guest[];
}

interface Seated extends Guest {
  slots: number;
  workers: number[];
  lastHeard: number;
}

interface Seat {
  readonly worker: number;
  owner: Seated | null;
  /** Who had it last; null: nobody yet. */
  former: string | null;
  leftAt: number;
  /** Until then it is kept for the former owner. */
  keptUntil: number;
}

export interface SeatsOptions {
  /** N: numbers 0 … N−1. */
  readonly workers: number;
  /** Seconds for which the numbers of a process that is to return are kept. */
  readonly keepSeconds: number;
}

export class Seats implements Owners {
  readonly #seats: readonly Seat[];
  readonly #keepSeconds: number;
  /** By name, in the order of entering. */
  readonly #guests = new Map<string, Seated>();

  constructor({ workers, keepSeconds }: SeatsOptions) {
    this.#keepSeconds = keepSeconds;
    this.#seats = Array.from({ length: workers }, (_, worker) => ({
      worker,
      owner: null,
      former: null,
      leftAt: -Infinity,
      keptUntil: -Infinity,
    }));
  }

  readonly of = (worker: number): Owner | null => this.#seats[worker]?.owner ?? null;

  get guests(): readonly Guest[] {
    return [...this.#guests.values()];
  }

  guest(process: string): Guest | null {
    return this.#guests.get(process) ?? null;
  }

  /** A process asks for numbers; one that is known by this life gets no fewer than it has. */
  enter({ process, life }: Owner, slots: number, now: number): Reseating {
    const known = this.#guests.get(process);
    if (known !== undefined && known.life === life) {
      known.lastHeard = now;
      known.slots = Math.max(known.slots, slots);
      return { lost: [], seated: this.#seatAll(now) };
    }
    const lost = known === undefined ? [] : this.#vacate(known, now, true);
    this.#guests.set(process, { process, life, slots, workers: [], lastHeard: now });
    return { lost, seated: this.#seatAll(now) };
  }

  /** A sign of life. False: no such guest. */
  heard({ process, life }: Owner, now: number): boolean {
    const guest = this.#guests.get(process);
    if (guest?.life !== life) return false;
    guest.lastHeard = now;
    return true;
  }

  /** Everybody gets the whole of the patience again. */
  startAfresh(now: number): void {
    for (const guest of this.#guests.values()) guest.lastHeard = now;
  }

  /** It left, or is dead. @param returns its numbers are kept for a while */
  leave({ process, life }: Owner, returns: boolean, now: number): Reseating {
    const guest = this.#guests.get(process);
    if (guest?.life !== life) return { lost: [], seated: [] };
    return { lost: this.#vacate(guest, now, returns), seated: this.#seatAll(now) };
  }

  /** Gives what has become free, or is no longer kept, to whoever waits for it. */
  reseat(now: number): readonly Guest[] {
    return this.#seatAll(now);
  }

  #vacate(guest: Seated, now: number, returns: boolean): readonly number[] {
    this.#guests.delete(guest.process);
    for (const worker of guest.workers) {
      const seat = this.#seats[worker];
      if (seat === undefined) continue;
      seat.owner = null;
      seat.former = guest.process;
      seat.leftAt = now;
      seat.keptUntil = returns ? now + this.#keepSeconds : now;
    }
    return guest.workers;
  }

  /** First come, first served. */
  #seatAll(now: number): readonly Guest[] {
    return [...this.#guests.values()].filter((guest) => this.#seat(guest, now));
  }

  #seat(guest: Seated, now: number): boolean {
    const wanted = guest.slots - guest.workers.length;
    if (wanted <= 0) return false;
    const free = this.#seats
      .filter(({ owner, former, keptUntil }) => {
        return owner === null && (former === guest.process || keptUntil <= now);
      })
      .sort((a, b) => rank(a, guest) - rank(b, guest) || a.leftAt - b.leftAt || a.worker - b.worker)
      .slice(0, wanted);
    for (const seat of free) {
      seat.owner = guest;
      guest.workers.push(seat.worker);
    }
    return free.length > 0;
  }
}

/** Its own first, then nobody's, then others'. */
function rank({ former }: Seat, { process }: Owner): number {
  if (former === process) return 0;
  return former === null ? 1 : 2;
}
