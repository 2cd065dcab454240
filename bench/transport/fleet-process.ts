/**
 * The process of the workers in the bench of the transport: connects, says that it is ready, and sends when it is told to.
 * Over the transport every logical worker sends its next update when the last one was acknowledged; the bare client and TCP
 * send without end. Started by `measure-fleet.ts` with one argument, a `FleetTask` as JSON.
 */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'nats';
import { localProcess, serverSubject } from '../../protocols/wire/subjects.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { ownCpuSeconds } from './cpu-time.js';
import { benchRun, updateMessage } from './update-message.js';

export interface FleetTask {
  readonly kind: 'transport' | 'client' | 'tcp';
  /** Of the nats-server. */
  readonly url: string;
  /** Of the receiver, for `tcp`. */
  readonly port: number;
  readonly elements: number;
  readonly workers: number;
  /** In all. */
  readonly updates: number;
}

/** What the process tells when all is sent and taken. */
export interface FleetReport {
  readonly cpuSeconds: number;
}

type Send = () => Promise<void>;

const task = JSON.parse(process.argv[2] ?? '') as FleetTask;
const bytes = task.elements * Float32Array.BYTES_PER_ELEMENT;

async function overTransport({ url, elements, workers, updates }: FleetTask): Promise<Send> {
  const transport = await connectNatsTransport({ url });
  const tensor = Float32Array.from({ length: elements }, (_, index) => Math.sin(index));
  const waiting = new Map<number, () => void>();
  const answers$ = await transport.subscribe(`stalewart.${benchRun}.worker.>`);
  answers$.subscribe(({ header }) => {
    if (header.type === 'ack') waiting.get(header.worker)?.();
  });
  let left = updates;
  const work = async (worker: number): Promise<void> => {
    for (let attempt = 1; left > 0; attempt += 1) {
      left -= 1;
      const acknowledged = new Promise<void>((resolve) => waiting.set(worker, resolve));
      await transport.send(
        serverSubject(benchRun, localProcess, worker),
        updateMessage(worker, attempt, tensor),
      );
      await acknowledged;
    }
  };
  return async () => {
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
    await transport.close();
  };
}

/** A round trip for every 2 MB, or every message where that is longer: what a careful user of the client does. */
async function byClient({ url, updates }: FleetTask): Promise<Send> {
  const nats = await connect({ servers: url });
  const [payload, pieces] = [new Uint8Array(Math.min(bytes, 2 ** 20)), Math.ceil(bytes / 2 ** 20)];
  const perTrip = Math.max(1, Math.floor(2e6 / payload.length));
  return async () => {
    for (let sent = 1; sent <= updates * pieces; sent += 1) {
      nats.publish('plain', payload);
      if (sent % perTrip === 0) await nats.flush();
    }
    await nats.drain();
  };
}

async function byTcp({ port, updates }: FleetTask): Promise<Send> {
  const socket = connectTcp(port, '127.0.0.1');
  await once(socket, 'connect');
  const payload = new Uint8Array(bytes);
  return async () => {
    for (let sent = 0; sent < updates; sent += 1) {
      if (!socket.write(payload)) await once(socket, 'drain');
    }
    socket.end();
    await once(socket, 'close');
  };
}

const prepare = { transport: overTransport, client: byClient, tcp: byTcp };
const send = await prepare[task.kind](task);
const go = once(process, 'message');
process.send?.('ready');
await go;
const before = ownCpuSeconds();
await send();
const report: FleetReport = { cpuSeconds: ownCpuSeconds() - before };
process.send?.(report);
process.disconnect();
