import assert from 'node:assert/strict';
import { lastValueFrom, toArray } from 'rxjs';
import { serverInbox, serverSubject, workerSubject } from '../../protocols/wire/subjects.js';
import { StalewartError } from '../../src/errors.js';
import type { NatsTransportOptions } from '../../src/transport/nats-options.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { assign, heartbeat, update } from '../protocols/wire/messages-for-tests.js';
import { type NatsServer, startNatsServer } from '../support/nats-server.js';
import { next } from './contract.js';
import { nextStatus } from './status-events.js';

const toServer = serverSubject('run-1', 'node-1', 3);
const toWorker = workerSubject('run-1', 'node-1', 3);
const inbox = serverInbox('run-1');

describe('nats transport through outages', () => {
  let nats: NatsServer;
  let open: Transport[];

  const connect = async (options: Partial<NatsTransportOptions> = {}): Promise<Transport> => {
    const transport = await connectNatsTransport({ url: nats.url, ...options });
    open.push(transport);
    return transport;
  };

  const kill = async (...transports: Transport[]): Promise<void> => {
    const lost = Promise.all(transports.map((transport) => nextStatus(transport, 'disconnected')));
    await nats.kill('SIGKILL');
    await lost;
  };

  const restart = async (...transports: Transport[]): Promise<void> => {
    await nats.restart();
    await Promise.all(transports.map((transport) => nextStatus(transport, 'connected')));
  };

  beforeEach(async () => {
    nats = await startNatsServer();
    open = [];
  });

  afterEach(async () => {
    await Promise.all(open.map((transport) => transport.close()));
    await nats.stop();
  });

  it('keeps its subscriptions when the server is killed and started again, in both directions', async () => {
    const [server, worker] = [await connect(), await connect()];
    const [toServer$, toWorker$] = [await server.subscribe(inbox), await worker.subscribe(toWorker)];
    // Readers for the whole test: a subscription ends with its last one.
    const readers = [toServer$.subscribe(), toWorker$.subscribe()];
    for (const attempt of [1, 2, 3]) {
      const [up, down] = [heartbeat(3, attempt), assign(new Float32Array([attempt]), 3, attempt)];
      const arrived = Promise.all([next(toServer$, 1), next(toWorker$, 1)]);
      await worker.send(toServer, up);
      await server.send(toWorker, down);
      assert.deepEqual(await arrived, [[up], [down]]);
      if (attempt === 3) break;
      await kill(server, worker);
      await restart(server, worker);
    }
    for (const reader of readers) reader.unsubscribe();
  });

  it('lets a heartbeat pass an upload that is longer than what may be on its way', async () => {
    const [server, worker] = [await connect(), await connect({ maxFlightBytes: 2 ** 20 })];
    const arrived = next(await server.subscribe(inbox), 2);
    void worker.send(toServer, update(new Float32Array(2_000_000), 3, 1));
    void worker.send(toServer, heartbeat(3, 1));
    assert.deepEqual(
      (await arrived).map(({ header }) => header.type),
      ['heartbeat', 'update'],
    );
  });

  it('leaves a server that is frozen with bytes unsent, comes back when it thaws, and nothing arrives twice', async () => {
    const [server, worker] = [await connect({ pulseSeconds: 0.3 }), await connect({ pulseSeconds: 0.3 })];
    const attempts: number[] = [];
    const messages$ = await server.subscribe(inbox);
    const last = new Promise<void>((resolve) => {
      messages$.subscribe(({ header }) => {
        if (header.type === 'update') attempts.push(header.attempt);
        if (header.type === 'heartbeat') resolve();
      });
    });
    const lost = Promise.all([nextStatus(server, 'disconnected'), nextStatus(worker, 'disconnected')]);
    const dropped = nextStatus(worker, 'dropped-message');
    await nats.kill('SIGSTOP');
    const sends = Array.from({ length: 20 }, (_, index) =>
      worker.send(toServer, update(new Float32Array(500_000), 3, index + 1)),
    );
    for (const { detail } of await lost) assert.match(detail, /no sign of life/);
    assert.match((await dropped).detail, /connection/);

    const back = Promise.all([nextStatus(server, 'connected'), nextStatus(worker, 'connected')]);
    await nats.kill('SIGCONT');
    await back;
    await Promise.all(sends);
    await worker.send(toServer, heartbeat());
    await last;
    assert.deepEqual(
      attempts,
      [...new Set(attempts)].sort((a, b) => a - b),
    );
  });

  it('holds messages for a short outage', async () => {
    const transport = await connect({ patienceSeconds: 3600 });
    const arrived = next(await transport.subscribe(inbox), 2);
    await kill(transport);
    const sends = [1, 2].map((attempt) => transport.send(toServer, heartbeat(3, attempt)));
    await restart(transport);
    await Promise.all(sends);
    assert.deepEqual(await arrived, [heartbeat(3, 1), heartbeat(3, 2)]);
  });

  it('drops and names messages when its patience is over, and does not wait for the next', async () => {
    const transport = await connect({ patienceSeconds: 0 });
    await kill(transport);
    const dropped = nextStatus(transport, 'dropped-message');
    await transport.send(toServer, heartbeat());
    assert.deepEqual(await dropped, {
      type: 'dropped-message',
      subject: toServer,
      detail: 'there is no connection',
    });
  });

  it('holds no more than a window of bytes while it waits', async () => {
    const transport = await connect({ patienceSeconds: 3600, maxFlightBytes: 1_000_000 });
    const arrived = next(await transport.subscribe(inbox), 3);
    await kill(transport);
    const sends = [1, 2].map((attempt) =>
      transport.send(toServer, update(new Float32Array(100_000), 3, attempt)),
    );
    const dropped = nextStatus(transport, 'dropped-message');
    await transport.send(toServer, update(new Float32Array(100_000), 3, 3));
    assert.match((await dropped).detail, /802048 bytes wait for a connection already/);
    await restart(transport);
    await Promise.all(sends);
    await transport.send(toServer, update(new Float32Array(100_000), 3, 4));
    assert.deepEqual(
      (await arrived).map(({ header }) => (header.type === 'update' ? header.attempt : 0)),
      [1, 2, 4],
    );
  });

  it('makes a subscription asked for during an outage when the server is back', async () => {
    const transport = await connect();
    await kill(transport);
    const subscribed = transport.subscribe(inbox);
    await restart(transport);
    const arrived = next(await subscribed, 1);
    await transport.send(toServer, heartbeat());
    assert.deepEqual(await arrived, [heartbeat()]);
  });

  it('closes during an outage: drops what waits, ends everything', async () => {
    const transport = await connect({ patienceSeconds: 3600 });
    const messages = lastValueFrom((await transport.subscribe(inbox)).pipe(toArray()));
    await kill(transport);
    const dropped = nextStatus(transport, 'dropped-message');
    const sent = transport.send(toServer, heartbeat());
    const subscribed = assert.rejects(
      transport.subscribe(inbox),
      (error) => error instanceof StalewartError && error.code === 'SERVICE',
    );
    await transport.close();
    await dropped;
    await sent;
    await subscribed;
    assert.deepEqual(await messages, []);
    assert.equal((await nextStatus(transport, 'closed')).type, 'closed');
  });

  it('closes though the server is frozen', async () => {
    const transport = await connect({ pulseSeconds: 0.1 });
    await nats.kill('SIGSTOP');
    await transport.close();
    await nats.kill('SIGCONT');
  });
});
