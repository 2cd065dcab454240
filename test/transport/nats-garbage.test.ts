import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type NatsConnection } from 'nats';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import { splitFrame } from '../../protocols/wire/chunks.js';
import { encodeFrame } from '../../protocols/wire/frame.js';
import { serverInbox, serverSubject } from '../../protocols/wire/subjects.js';
import { StalewartError } from '../../src/errors.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { bits, heartbeat, update } from '../protocols/wire/messages-for-tests.js';
import { type NatsServer, startNatsServer } from '../support/nats-server.js';
import { next } from './contract.js';
import { createManualClock } from './manual-clock.js';
import { nextStatus } from './status-events.js';

const subject = serverSubject('run-1', 'node-1', 3);
const inbox = serverInbox('run-1');
const sender = new Uint8Array(8).fill(9);

describe('nats transport among strangers', () => {
  let nats: NatsServer;
  let stranger: NatsConnection;

  before(async () => {
    nats = await startNatsServer();
    stranger = await connect({ servers: nats.url });
  });

  after(async () => {
    await stranger.close();
    await nats.stop();
  });

  it('names every message that is not one, and delivers the valid ones between them', async () => {
    const transport = await connectNatsTransport({ url: nats.url });
    const arrived = next(await transport.subscribe(inbox), 2);
    const flipped = encodeFrame(update(new Float32Array(1000)));
    flipped[2000] = 1;
    const garbage: readonly [Uint8Array, RegExp][] = [
      [new Uint8Array(0), /too few/],
      [randomBytes(1000), /does not start as a frame/],
      [flipped, /checksum/],
      [encodeFrame(heartbeat()).subarray(0, 40), /bytes arrived, but the frame is/],
      [new TextEncoder().encode('STWC and nothing that follows from it, at some length'), /chunk version/],
      [encodeFrame(heartbeat(4)), /worker 4.*worker 3/],
    ];
    const refused = firstValueFrom(
      transport.status$.pipe(
        filter((status) => status.type === 'refused-message'),
        take(garbage.length),
        toArray(),
      ),
    );
    stranger.publish(subject, encodeFrame(heartbeat(3, 1)));
    for (const [bytes] of garbage) stranger.publish(subject, bytes);
    stranger.publish(subject, encodeFrame(heartbeat(3, 2)));
    for (const [index, status] of (await refused).entries()) {
      assert.equal(status.subject, subject);
      assert.match(status.detail, garbage[index]?.[1] ?? /^$/);
    }
    assert.deepEqual(await arrived, [heartbeat(3, 1), heartbeat(3, 2)]);
    await transport.close();
  });

  it('puts chunks together that arrive twice and in the wrong order', async () => {
    const transport = await connectNatsTransport({ url: nats.url });
    const arrived = next(await transport.subscribe(inbox), 2);
    const message = update(Float32Array.from({ length: 1000 }, (_, index) => index));
    const chunks = [...splitFrame(encodeFrame(message), { maxBytes: 500, sender, sequence: 1 })];
    assert.ok(chunks.length > 5);
    for (const chunk of chunks.toReversed().flatMap((each) => [each, each])) stranger.publish(subject, chunk);
    for (const chunk of chunks) stranger.publish(subject, chunk);
    stranger.publish(subject, encodeFrame(heartbeat()));
    assert.deepEqual(await arrived, [message, heartbeat()]);
    await transport.close();
  });

  it('gives up a message whose chunks stop coming, and says so', async () => {
    const clock = createManualClock();
    const transport = await connectNatsTransport({
      url: nats.url,
      clock,
      pulseSeconds: 3600,
      tornAfterSeconds: 30,
    });
    const messages$ = await transport.subscribe(inbox);
    const reader = messages$.subscribe();
    const arrived = next(messages$, 1);
    const [first] = splitFrame(encodeFrame(update(new Float32Array(1000))), {
      maxBytes: 500,
      sender,
      sequence: 2,
    });
    stranger.publish(subject, first);
    stranger.publish(subject, encodeFrame(heartbeat()));
    await arrived;
    const refused = nextStatus(transport, 'refused-message');
    clock.advance(60);
    assert.match((await refused).detail, /is torn: 1 of 10 chunks arrived, the rest never came/);
    reader.unsubscribe();
    await transport.close();
  });

  it('refuses tensors longer than its limit, to send and to receive', async () => {
    const transport = await connectNatsTransport({ url: nats.url, maxTensorElements: 10 });
    await transport.subscribe(inbox);
    const refused = nextStatus(transport, 'refused-message');
    stranger.publish(subject, encodeFrame(update(new Float32Array(11))));
    assert.match((await refused).detail, /11 elements: at most 10 are allowed/);
    await assert.rejects(
      transport.send(subject, update(new Float32Array(11))),
      (error) =>
        error instanceof StalewartError && error.code === 'WIRE' && /11 elements/.test(error.message),
    );
    await transport.send(subject, update(new Float32Array(10)));
    await transport.close();
  });

  it('sends no message longer than it was told, and cuts those that are', async () => {
    const transport = await connectNatsTransport({
      url: nats.url,
      maxChunkBytes: 2000,
      maxFlightBytes: 5000,
    });
    const sizes: number[] = [];
    const watch = stranger.subscribe(subject, { callback: (_, { data }) => sizes.push(data.length) });
    await stranger.flush();
    const arrived = next(await transport.subscribe(inbox), 1);
    const tensor = Float32Array.from({ length: 5000 }, (_, index) => Math.cos(index));
    await transport.send(subject, update(tensor));
    const [message] = await arrived;
    assert.deepEqual(bits(message?.tensor ?? null), bits(tensor));
    await stranger.flush();
    watch.unsubscribe();
    assert.ok(sizes.length > 10);
    assert.ok(sizes.every((size) => size <= 2000));
    await transport.close();
  });
});
