/**
 * How fast updates of 248 KB (62,006 float32, the paper's network) travel, in process and over a nats-server on this
 * machine that it starts itself. For information: the ratio tells what a run pays for NATS, not how fast a network is.
 * Then a table of what a server applies of the updates of 1, 2, 4, … 200 workers in another process.
 * Command: `npm run bench:transport`. `--messages 500` sets how many are sent each time.
 */
import { connect, type NatsConnection } from 'nats';
import { take } from 'rxjs';
import type { Message } from '../protocols/wire/messages.js';
import { serverInbox, serverSubject } from '../protocols/wire/subjects.js';
import { createLocalTransport } from '../src/transport/local-transport.js';
import { connectNatsTransport } from '../src/transport/nats-transport.js';
import type { Transport } from '../src/transport/transport.js';
import { startNatsServer } from '../test/support/nats-server.js';
import { addOption, benchCommand, wholeNumber, wholeNumbers } from './command-line.js';
import { type FleetTableOptions, printFleetTable } from './transport/fleet-table.js';

const run = 'bench';
const elements = 62_006;
const trials = 5;

const command = benchCommand(
  'bench:transport',
  'How fast updates of 248 KB travel: in process, over a nats-server that it starts, and by the bare NATS client.',
);
addOption(command, { flag: '--messages N', help: 'sent each time' }, 500, wholeNumber);
const counts = [1, 2, 4, 8, 16, 32, 64, 128, 200];
addOption(command, { flag: '--workers N,…', help: 'logical workers of the table' }, counts, wholeNumbers);
addOption(command, { flag: '--trials N', help: 'of each of its figures; the median counts' }, 3, wholeNumber);
addOption(command, { flag: '--megabytes N', help: 'sent for each, at least' }, 300, wholeNumber);
const { messages, ...table } = command.parse().opts<{ messages: number } & FleetTableOptions>();

function update(attempt: number, tensor: Float32Array): Message {
  return {
    header: {
      type: 'update',
      run,
      process: 'local',
      life: 'local',
      worker: 0,
      incarnation: 1,
      epoch: 1,
      attempt,
      updateId: `0.1.${attempt}`,
      baseVersion: 0,
      steps: 10,
      samples: 320,
      loss: 2.3,
      firstLoss: 2.3,
      computeSeconds: 1,
      taskSeconds: 1,
    },
    tensor,
  };
}

/** Messages per second from the first `send` to the last arrival. */
async function rate(sender: Transport, receiver: Transport): Promise<number> {
  const messages$ = await receiver.subscribe(serverInbox(run));
  const tensor = Float32Array.from({ length: elements }, (_, index) => Math.sin(index));
  const arrived = new Promise<void>((resolve) => {
    messages$.pipe(take(messages)).subscribe({ complete: resolve });
  });
  const began = performance.now();
  for (let attempt = 1; attempt <= messages; attempt++) {
    await sender.send(serverSubject(run, 'local', 0), update(attempt, tensor));
  }
  await arrived;
  return (messages / (performance.now() - began)) * 1000;
}

/** The same bytes with the NATS client alone, a round trip for every 2 MB: what frames and checksums cost beyond it. */
async function plainRate(sender: NatsConnection, receiver: NatsConnection): Promise<number> {
  const bytes = new Uint8Array(elements * 4 + 300);
  const subscription = receiver.subscribe('plain', { max: messages, callback: () => undefined });
  await receiver.flush();
  const began = performance.now();
  for (let sent = 0; sent < messages; sent++) {
    sender.publish('plain', bytes);
    if (sent % 8 === 7) await sender.flush();
  }
  await subscription.closed;
  return (messages / (performance.now() - began)) * 1000;
}

const median = (rates: readonly number[]): number =>
  rates.toSorted((a, b) => a - b)[Math.floor(rates.length / 2)] ?? Number.NaN;

const megabytes = (elements * 4) / 1e6;
function report(name: string, perSecond: number, note: string): void {
  const figures = `${perSecond.toFixed(0).padStart(7)} messages/s ${(perSecond * megabytes).toFixed(0).padStart(6)} MB/s`;
  process.stdout.write(`${name.padEnd(18)} ${figures}  ${note}\n`);
}

const local = createLocalTransport();
const nats = await startNatsServer();
const connectPlain = (): Promise<NatsConnection> => connect({ servers: nats.url });
const connectOurs = (): Promise<Transport> => connectNatsTransport({ url: nats.url });
const [worker, server, plainSender, plainReceiver] = await Promise.all([
  connectOurs(),
  connectOurs(),
  connectPlain(),
  connectPlain(),
]);

// Turn about, so that a slow minute of the machine strikes all alike; the first turn only warms up.
const rates: { local: number; nats: number; plain: number }[] = [];
for (let trial = 0; trial <= trials; trial++) {
  rates.push({
    local: await rate(local, local),
    nats: await rate(worker, server),
    plain: await plainRate(plainSender, plainReceiver),
  });
}
rates.shift();
const localRate = median(rates.map((each) => each.local));
const natsRate = median(rates.map((each) => each.nats));
const plainNatsRate = median(rates.map((each) => each.plain));

await Promise.all([
  worker.close(),
  server.close(),
  plainSender.close(),
  plainReceiver.close(),
  local.close(),
]);

report('local', localRate, 'by reference: nothing is copied');
report('nats', natsRate, 'sender and receiver in one process, nats-server beside it');
report('nats client alone', plainNatsRate, 'the same bytes without frames');
const milliseconds = 1000 / natsRate;
process.stdout.write(
  `nats / local ${(natsRate / localRate).toFixed(4)}; nats / client alone ${(natsRate / plainNatsRate).toFixed(2)}; one update over NATS: ${milliseconds.toFixed(2)} ms\n`,
);
await printFleetTable(nats, table);
await nats.stop();
