/**
 * A program that competes for a lease and does nothing else, for tests that kill and stop it. It asks `mayCommit` all the time, and
 * writes a line for each "yes" with the moment *before* it asked, on the machine's monotonic clock, which all processes
 * share; and a line for each change of its standing. It ends with its standard input.
 * Usage: `node lease-server.js '{"nats":"…","run":"…","ttlSeconds":1,"holder":"…"}'`
 */
import { writeSync } from 'node:fs';
import { openLease } from '../../src/checkpoint/lease/nats-lease.js';
import { systemClock } from '../../src/clock/clock.js';
import { oneLineOf } from '../../src/errors.js';

const clock = systemClock();
const options = JSON.parse(process.argv[2] ?? '{}') as {
  nats: string;
  run: string;
  ttlSeconds: number;
  holder: string;
};

const say = (line: object): void => {
  writeSync(1, `${JSON.stringify(line)}\n`);
};

process.stdin.on('end', () => process.exit(0)).resume();

const lease = await openLease({ ...options, clock });
lease.standing$.subscribe((standing) => say({ type: 'standing', standing }));
let epoch = 0;
lease.acquire(true).then(
  (acquired) => {
    epoch = acquired;
  },
  (error: unknown) => say({ type: 'lost', reason: oneLineOf(error) }),
);

const askEvery = 0.004;
const ask = (): void => {
  const at = Number(process.hrtime.bigint()) / 1e9;
  if (epoch > 0 && lease.mayCommit()) say({ type: 'may', at, epoch });
  clock.after(askEvery, ask);
};
ask();
