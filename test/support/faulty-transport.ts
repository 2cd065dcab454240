/** A transport that loses and repeats messages at random, from a seed: what "at least once, applied once" must survive. */
import { seededRandom } from '../../src/random/seeded-random.js';
import type { Transport } from '../../src/transport/transport.js';

export interface Faults {
  /** Probability that a message is lost, 0 … 1. */
  readonly lose: number;
  /** Probability that a message arrives twice, 0 … 1. */
  readonly repeat: number;
}

export function faultyTransport(
  inner: Transport,
  faults: Faults,
  seed: number,
): Transport & { faults(): number } {
  const random = seededRandom(seed, 'faulty-transport');
  let happened = 0;
  return {
    ...inner,
    faults: () => happened,
    async send(subject, message) {
      const draw = random();
      if (draw < faults.lose + faults.repeat) happened += 1;
      if (draw < faults.lose) return;
      await inner.send(subject, message);
      if (draw < faults.lose + faults.repeat) await inner.send(subject, message);
    },
  };
}
