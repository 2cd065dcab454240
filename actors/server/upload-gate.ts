/**
 * Who may upload: credits for the bytes of updates that are on their way to the server, given out first come, first served.
 * A worker that needs one offers its update and sends it when it is granted. Where all workers' updates fit at once nobody
 * needs to ask the first time.
 *
 * Invariant: of each worker at most one update is on its way, and of those who must ask no more than the credits (or one,
 * where that alone is more). It holds because a worker offers nothing before its update has left whole: an offer that arrives
 * says that an update sent before it has arrived or is lost, and a heartbeat tells whether the worker still means to upload.
 */

/** A worker's finished task. */
export interface Offer {
  readonly worker: number;
  readonly incarnation: number;
  readonly attempt: number;
  readonly updateId: string;
}

export class UploadGate {
  readonly #credits: number;
  readonly #granted = new Map<number, Offer>();
  /** In the order in which they asked. */
  readonly #waiting = new Map<number, Offer>();

  /**
   * @param updateBytes of one update
   * @param maxBytes of updates on their way
   */
  constructor(updateBytes: number, maxBytes: number) {
    this.#credits = Math.max(1, Math.floor(maxBytes / Math.max(1, updateBytes)));
  }

  /** Credits given out. */
  get granted(): number {
    return this.#granted.size;
  }

  /** Whether so many workers must ask before they upload. */
  mustAsk(workers: number): boolean {
    return workers > this.#credits;
  }

  /** @returns the offers that are granted now */
  offer(offer: Offer): readonly Offer[] {
    const { worker, updateId } = offer;
    // Nothing of it is on its way: the grant, or the update, was lost.
    if (this.#granted.get(worker)?.updateId === updateId) return [offer];
    const again = this.#waiting.get(worker)?.updateId === updateId;
    if (!again) {
      this.#forget(worker);
      this.#waiting.set(worker, offer);
    }
    return this.#grant();
  }

  /** An update of the worker has arrived, or it is lost. @returns the offers that are granted now */
  release(worker: number): readonly Offer[] {
    return this.#forget(worker) ? this.#grant() : [];
  }

  /** The worker says what it is about. @returns the offers that are granted now */
  heartbeat(worker: number, attempt: number, uploading: boolean): readonly Offer[] {
    const offer = this.#granted.get(worker) ?? this.#waiting.get(worker);
    if (offer === undefined || (uploading && attempt === offer.attempt)) return [];
    return this.release(worker);
  }

  #forget(worker: number): boolean {
    const waited = this.#waiting.delete(worker);
    return this.#granted.delete(worker) || waited;
  }

  #grant(): readonly Offer[] {
    const granted: Offer[] = [];
    for (const [worker, offer] of this.#waiting) {
      if (this.#granted.size >= this.#credits) break;
      this.#waiting.delete(worker);
      this.#granted.set(worker, offer);
      granted.push(offer);
    }
    return granted;
  }
}
