/**
 * Bounds the bytes that are on their way to the server: `publish` of the NATS client takes any amount and keeps it in
 * memory, only `flush` (a round trip) tells what has left. Invariant: at most `maxBytes` are in flight, or one message
 * if that alone is longer. A round trip is made for every quarter of the window, so that sending never stands still.
 */

export interface FlightWindow {
  /** Resolves when `bytes` more may be published, or the window is abandoned. */
  room(bytes: number): Promise<void>;
  /**
   * Counts bytes just published.
   * @param landed called once they have reached the server; never, if the connection is lost before that is known
   */
  launched(bytes: number, landed?: () => void): void;
  /** Resolves when all is landed, or the window is abandoned. */
  landed(): Promise<void>;
  /** The connection is gone: lets everybody go who waits. */
  abandon(): void;
}

/** @param flush resolves when everything published before it has reached the server; rejects when it never will */
export function createFlightWindow(maxBytes: number, flush: () => Promise<void>): FlightWindow {
  let inFlight = 0;
  let unmarked = 0;
  let unmarkedLandings: (() => void)[] = [];
  let abandoned = false;
  let abandon: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => {
    abandon = () => {
      abandoned = true;
      resolve();
    };
  });
  /** Round trips under way, the oldest first. */
  const marks = new Set<Promise<void>>();

  const mark = (): void => {
    const bytes = unmarked;
    if (bytes === 0) return;
    const landings = unmarkedLandings;
    unmarked = 0;
    unmarkedLandings = [];
    const tellAll = (): void => {
      for (const landed of landings) landed();
    };
    const arrived = flush()
      .then(tellAll, () => undefined)
      .then(() => {
        inFlight -= bytes;
        marks.delete(arrived);
      });
    marks.add(arrived);
  };

  return {
    async room(bytes) {
      while (!abandoned && inFlight > 0 && inFlight + bytes > maxBytes) {
        if (marks.size === 0) mark();
        const [oldest] = marks;
        await Promise.race([oldest, gone]);
      }
    },
    launched(bytes, landed) {
      if (landed !== undefined) unmarkedLandings.push(landed);
      inFlight += bytes;
      unmarked += bytes;
      if (unmarked >= maxBytes / 4) mark();
    },
    async landed() {
      mark();
      await Promise.race([Promise.all(marks), gone]);
    },
    abandon: () => abandon(),
  };
}
