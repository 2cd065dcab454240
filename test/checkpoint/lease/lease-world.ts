/**
 * Servers that compete for a lease in a world that wants them to fail: requests and answers are late, lost, or carried out
 * long after their sender gave them up; reads are stale; servers stop and wake up; the key is away for a while; clocks have
 * offsets and speeds of their own. Time is that of the world: no server knows it.
 */
import {
  initialLeaseState,
  type LeaseInput,
  type LeaseRequest,
  type LeaseState,
  type LeaseTerms,
  leaseTerms,
  mayCommit,
  stepLease,
} from '../../../src/checkpoint/lease/lease-machine.js';
import type { LeaseEntry } from '../../../src/checkpoint/lease/lease-record.js';
import { seededRandom } from '../../../src/random/seeded-random.js';
import { EventQueue } from '../../../src/simulator/event-queue.js';

export interface WorldOptions {
  readonly seed: number;
  readonly servers: number;
  /** Probability that a request is lost, and again that its answer is. */
  readonly loss: number;
  /** Longest time that a request or an answer may take, in terms. */
  readonly longestDelay: number;
  /** Times that a server is stopped, and again that it is cut off, on average in ten terms. */
  readonly pauses: number;
  /** Whether the key is away for some terms now and then. */
  readonly outages: boolean;
  readonly stale: number;
  /** Terms until all of this ends, and terms that follow. */
  readonly troubled: number;
  readonly calm: number;
  /** What the servers decide by: a mutant's, to see that the checks would notice. */
  readonly step?: typeof stepLease;
  readonly terms?: (terms: LeaseTerms) => LeaseTerms;
}

export interface WorldOutcome {
  /** Moments at which more than one server might commit. */
  readonly conflicts: number;
  /** Epochs that servers led in, in the order in which they began to. */
  readonly epochs: readonly number[];
  /** Servers that may commit at the end. */
  readonly leaders: number;
  /** Times a leader lost its trust in the lease, and got it back. */
  readonly frozen: number;
}

interface Server {
  readonly rate: number;
  readonly offset: number;
  terms: LeaseTerms;
  state: LeaseState;
  life: number;
  pausedUntil: number;
  /** Its requests reach nobody until then. */
  cutUntil: number;
  trusted: boolean;
}

/** The clocks of two servers run apart by 4 in 100: less than the margin, more than any real ones. */
const fastest = 1.02;
const slowest = 0.98;

export function runLeaseWorld(options: WorldOptions): WorldOutcome {
  const { seed, servers: count, loss, longestDelay, pauses, outages, stale, troubled, calm } = options;
  const { step = stepLease, terms: altered = (terms) => terms } = options;
  const random = seededRandom(seed, 'lease-world');
  const queue = new EventQueue<{ readonly time: number; readonly worker: null; readonly run: () => void }>();
  let now = 0;
  const at = (time: number, run: () => void): void => queue.push({ time, worker: null, run });
  const inTrouble = (): boolean => now < troubled;
  const happens = (probability: number): boolean => inTrouble() && random() < probability;

  const history: { readonly time: number; readonly entry: LeaseEntry }[] = [
    { time: 0, entry: { revision: 0, record: null } },
  ];
  let awayUntil = 0;
  let conflicts = 0;
  let frozen = 0;
  const epochs: number[] = [];

  const newest = (): LeaseEntry => history.at(-1)?.entry ?? { revision: 0, record: null };
  const localTime = ({ rate, offset }: Server): number => offset + rate * now;
  const worldTime = ({ rate, offset }: Server, local: number): number => (local - offset) / rate;
  const lifeOf = (index: number, life: number): LeaseTerms =>
    altered(leaseTerms(`server-${index}.${life}`, 1));

  const servers: Server[] = Array.from({ length: count }, (_, index) => {
    const rate = slowest + (fastest - slowest) * random();
    const offset = 1000 * random();
    return {
      rate,
      offset,
      terms: lifeOf(index, 0),
      state: initialLeaseState(offset),
      life: 0,
      pausedUntil: 0,
      cutUntil: 0,
      trusted: false,
    };
  });

  /** Mostly quick; some as late as can be. */
  const delay = (): number => {
    if (happens(0.1)) return longestDelay * random();
    return (happens(0.3) ? 0.3 : 0.03) * random();
  };

  const check = (): void => {
    let leading = 0;
    for (const server of servers) {
      const trusted = mayCommit(server.state, localTime(server));
      if (trusted) leading += 1;
      const { phase } = server.state;
      if (trusted && !server.trusted && phase.type === 'leading') {
        if (epochs.at(-1) === phase.epoch) frozen += 1;
        else epochs.push(phase.epoch);
      }
      server.trusted = trusted;
    }
    if (leading > 1) conflicts += 1;
  };

  const feed = (index: number, life: number, input: LeaseInput): void => {
    const server = servers[index];
    if (server === undefined || server.life !== life) return;
    if (now < server.pausedUntil) {
      at(server.pausedUntil, () => feed(index, life, input));
      return;
    }
    const turn = step(server.state, input, localTime(server), server.terms);
    server.state = turn.state;
    if (turn.request !== null) send(index, life, turn.request);
    const { phase, asking, dueAt } = turn.state;
    if (phase.type === 'deposed' || phase.type === 'released') {
      server.life += 1;
      at(now + random(), () => begin(index));
    } else if (asking === null) {
      // A little late: never before its time on a clock that is rounded.
      at(Math.max(now, worldTime(server, dueAt)) + 1e-6, () => feed(index, life, { type: 'tick' }));
    }
  };

  const begin = (index: number): void => {
    const server = servers[index];
    if (server === undefined) return;
    server.terms = lifeOf(index, server.life);
    server.state = initialLeaseState(localTime(server));
    feed(index, server.life, { type: 'tick' });
  };

  const send = (index: number, life: number, request: LeaseRequest): void => {
    let answered = false;
    const answer = (input: LeaseInput): void => {
      if (answered) return;
      answered = true;
      feed(index, life, input);
    };
    at(now + 1 / 3, () => answer({ type: 'failed', reason: 'no answer' }));
    if (happens(loss) || now < (servers[index]?.cutUntil ?? 0)) return;
    at(now + delay(), () => {
      if (now < awayUntil) return;
      const input = carryOut(request);
      if (!happens(loss)) at(now + delay(), () => answer(input));
    });
  };

  const carryOut = (request: LeaseRequest): LeaseInput => {
    if (request.type === 'read') {
      const since = happens(stale) ? now - 2 * random() : now;
      const entry = history.findLast(({ time }) => time <= since)?.entry ?? newest();
      return { type: 'read', entry };
    }
    const { record, expected } = request;
    if (newest().revision !== expected) return { type: 'conflict', write: record.write };
    // Other keys of the bucket count, too.
    const revision = expected + 1 + Math.floor(3 * random());
    history.push({ time: now, entry: { revision, record } });
    return { type: 'written', write: record.write, revision };
  };

  for (const index of servers.keys()) {
    at(0.2 * random(), () => begin(index));
    for (let time = 10 * random(); pauses > 0 && time < troubled; time += (20 * random()) / pauses) {
      at(time, () => {
        const server = servers[index];
        if (server !== undefined) server.pausedUntil = now + 3 * random();
      });
      at(time + random(), () => {
        const server = servers[index];
        if (server !== undefined) server.cutUntil = now + 3 * random();
      });
    }
    for (let time = 20 * random(); time < troubled; time += 40 * random()) {
      at(time, () => {
        const server = servers[index];
        if (server?.state.phase.type === 'leading') {
          feed(index, server.life, { type: 'release', outcome: null });
        }
      });
    }
  }
  for (let time = 15 * random(); outages && time < troubled; time += 20 * random()) {
    at(time, () => {
      awayUntil = now + 6 * random();
    });
  }

  for (let next = queue.pop(); next !== undefined && next.time < troubled + calm; next = queue.pop()) {
    now = next.time;
    check();
    next.run();
    check();
  }
  return { conflicts, epochs, leaders: servers.filter(({ trusted }) => trusted).length, frozen };
}
