/**
 * Applied update bytes per second at a server whose workers are in another process, and what that costs in CPU seconds. The server
 * checks every update, adds it to the weights as the parameter store does, a commit for each fifth of the workers, and acknowledges it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { connect } from 'nats';
import { serverInbox, workerSubject } from '../../protocols/wire/subjects.js';
import { allFinite, createParameterStore } from '../../src/compute/parameter-store.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import type { NatsServer } from '../../test/support/nats-server.js';
import { cpuSecondsOf, ownCpuSeconds } from './cpu-time.js';
import type { FleetReport, FleetTask } from './fleet-process.js';
import { benchRun } from './update-message.js';

export interface FleetFigures {
  readonly bytesPerSecond: number;
  /** CPU seconds per GB; null where it cannot be known. */
  readonly server: number;
  readonly broker: number | null;
  readonly workers: number;
}

const program = fileURLToPath(new URL('fleet-process.js', import.meta.url));

/** The receiving side: resolves when so many updates have come, and is closed then. */
interface Receiver {
  readonly port: number;
  readonly done: Promise<unknown>;
  close(): Promise<void>;
}

export async function measureFleet(
  kind: FleetTask['kind'],
  nats: NatsServer,
  { elements, workers, updates }: Pick<FleetTask, 'elements' | 'workers' | 'updates'>,
): Promise<FleetFigures> {
  const { url } = nats;
  const receivers = { transport: receiveUpdates, client: receiveByClient, tcp: receiveByTcp };
  const receiver = await receivers[kind](url, elements, workers, updates);
  const task: FleetTask = { kind, url, port: receiver.port, elements, workers, updates };
  const child = fork(program, [JSON.stringify(task)]);
  await said(child);
  const [ownBefore, brokerBefore] = [ownCpuSeconds(), cpuSecondsOf(nats.pid)];
  const began = performance.now();
  const reported = said(child);
  child.send('go');
  await receiver.done;
  const seconds = (performance.now() - began) / 1000;
  const report = (await reported) as FleetReport;
  const [ownAfter, brokerAfter] = [ownCpuSeconds(), cpuSecondsOf(nats.pid)];
  await receiver.close();
  const bytes = updates * elements * Float32Array.BYTES_PER_ELEMENT;
  const perGigabyte = (cpu: number): number => (cpu / bytes) * 1e9;
  return {
    bytesPerSecond: bytes / seconds,
    server: perGigabyte(ownAfter - ownBefore),
    broker: brokerBefore === null || brokerAfter === null ? null : perGigabyte(brokerAfter - brokerBefore),
    workers: perGigabyte(report.cpuSeconds),
  };
}

async function said(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the process of the workers ended early, with ${String(code)}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
  ended.catch(() => undefined);
  return message;
}

async function receiveUpdates(
  url: string,
  elements: number,
  workers: number,
  updates: number,
): Promise<Receiver> {
  const transport = await connectNatsTransport({ url });
  const store = createParameterStore(new Float32Array(elements));
  const waitCount = Math.max(1, Math.floor(workers / 5));
  let held: { updateId: string; weight: number }[] = [];
  let applied = 0;
  const updates$ = await transport.subscribe(serverInbox(benchRun));
  const done = new Promise<void>((resolve, reject) => {
    updates$.subscribe(({ header, tensor }) => {
      if (header.type !== 'update' || tensor === null || !allFinite(tensor))
        return reject(new Error('no update'));
      const { run, process, life, worker, incarnation, epoch, updateId } = header;
      store.hold(updateId, tensor, worker);
      held.push({ updateId, weight: 1 });
      applied += 1;
      if (held.length === waitCount || applied === updates) {
        store.commit({ version: store.version + 1, contributions: held, scale: 1 / held.length });
        held = [];
      }
      const ack = { run, process, life, worker, incarnation, epoch, updateId } as const;
      const message = {
        header: { type: 'ack', ...ack, outcome: 'accepted', reason: '' },
        tensor: null,
      } as const;
      transport.send(workerSubject(run, process, worker), message).catch(reject);
      if (applied === updates) resolve();
    });
  });
  return { port: 0, done, close: () => transport.close() };
}

async function receiveByClient(
  url: string,
  elements: number,
  _workers: number,
  updates: number,
): Promise<Receiver> {
  const nats = await connect({ servers: url });
  const pieces = Math.ceil((elements * Float32Array.BYTES_PER_ELEMENT) / 2 ** 20);
  const subscription = nats.subscribe('plain', { max: updates * pieces, callback: () => undefined });
  await nats.flush();
  return { port: 0, done: subscription.closed, close: () => nats.close() };
}

async function receiveByTcp(): Promise<Receiver> {
  const listener = createServer();
  const done = once(listener, 'connection').then(([socket]) => {
    (socket as NodeJS.ReadableStream).resume();
    return once(socket as NodeJS.ReadableStream, 'end').finally(() => {
      (socket as NodeJS.WritableStream).end();
    });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    done,
    close: () => new Promise((closed) => void listener.close(() => closed())),
  };
}
