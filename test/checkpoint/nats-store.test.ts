/** Checkpoints in JetStream on a real nats-server: kept whole, the newest three, and never a deposed leader's. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { connect, type NatsConnection } from 'nats';
import { type NatsCheckpointStore, openNatsStore } from '../../src/checkpoint/nats-store.js';
import { systemClock } from '../../src/clock/clock.js';
import { seededRandom } from '../../src/random/seeded-random.js';
import { startJetStreamServer } from '../support/jetstream-server.js';
import { type NatsServer, startNatsServer } from '../support/nats-server.js';

const clock = systemClock();

function noise(length: number, seed = 1): Uint8Array {
  const random = seededRandom(seed, 'checkpoint');
  return Uint8Array.from({ length }, () => 256 * random());
}

describe('checkpoints in JetStream', () => {
  let server: NatsServer;
  let nats: NatsConnection;
  let opened: NatsCheckpointStore[] = [];
  let run = '';
  let runs = 0;

  before(async () => {
    server = await startJetStreamServer();
    nats = await connect({ servers: server.url });
  });
  after(async () => {
    await nats.close();
    await server.stop();
  });
  beforeEach(() => {
    runs += 1;
    run = `run-${runs}`;
  });
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
  });

  const open = async (): Promise<NatsCheckpointStore> => {
    const store = await openNatsStore({ nats: server.url, run, clock });
    opened.push(store);
    return store;
  };
  const chunkIds = async (): Promise<string[]> => {
    const manager = await nats.jetstreamManager();
    const stream = `stalewart_${run}_checkpoints`;
    const { state } = await manager.streams.info(stream, { subjects_filter: '>' });
    return [...new Set(Object.keys(state.subjects ?? {}).map((subject) => subject.split('.')[1] ?? ''))];
  };

  it('gives back the bytes that were saved, of any length', async () => {
    const store = await open();
    for (const [version, length] of [0, 1, 256 * 1024, 1_000_001].entries()) {
      const bytes = noise(length);
      await store.save(bytes, { version, epoch: 1 });
      const [newest] = await store.list();
      assert.equal(newest?.version, version);
      assert.deepEqual(await store.read(newest.name), bytes);
    }
  });

  it('keeps the last three, and clears the chunks of the others away', async () => {
    const store = await open();
    for (const version of [1, 2, 3, 4, 5]) await store.save(noise(1000), { version, epoch: 1 });
    const listed = await store.list();
    assert.deepEqual(
      listed.map(({ version }) => version),
      [5, 4, 3],
    );
    assert.deepEqual((await chunkIds()).sort(), listed.map(({ name }) => name).sort());
  });

  it('puts one of the same version and epoch in the place of that before', async () => {
    const store = await open();
    await store.save(noise(1000, 1), { version: 7, epoch: 1 });
    await store.save(noise(1000, 2), { version: 7, epoch: 1 });
    const [only, ...others] = await store.list();
    assert.deepEqual(others, []);
    assert.deepEqual(await store.read(only?.name ?? ''), noise(1000, 2));
  });

  it('lists a newer epoch first', async () => {
    const store = await open();
    await store.save(noise(10), { version: 9, epoch: 1 });
    await store.fence(2);
    await store.save(noise(10), { version: 8, epoch: 2 });
    const listed = await store.list();
    assert.deepEqual(
      listed.map(({ version, epoch }) => [version, epoch]),
      [
        [8, 2],
        [9, 1],
      ],
    );
  });

  it('refuses what a deposed leader saves, and what was there stays', async () => {
    const old = await open();
    await old.save(noise(10), { version: 1, epoch: 3 });
    const successor = await open();
    await successor.fence(5);
    await assert.rejects(old.save(noise(10), { version: 2, epoch: 3 }), {
      code: 'DEPOSED',
      message: /epoch 5, ours was 3/,
    });
    assert.deepEqual(
      (await successor.list()).map(({ version }) => version),
      [1],
    );
    await assert.rejects(old.fence(3), { code: 'DEPOSED' });
  });

  it('never loses a save to a fence that comes at the same time: it is listed, or refused', async () => {
    const leader = await open();
    const successor = await open();
    for (let epoch = 1; epoch < 20; epoch++) {
      const saving = leader.save(noise(5000), { version: epoch, epoch }).then(
        () => true,
        () => false,
      );
      await successor.fence(epoch + 1);
      const seen = (await successor.list()).some(({ version }) => version === epoch);
      assert.equal(await saving, seen, `epoch ${epoch}`);
    }
  });

  it('clears away what an older leader left unfinished, and not what a newer one has begun', async () => {
    const store = await open();
    const unfinished = `stalewart_${run}_checkpoints`;
    await nats.jetstream().publish(`${unfinished}.3-17-aaaa.0`, noise(10));
    await nats.jetstream().publish(`${unfinished}.9-18-bbbb.0`, noise(10));
    await store.fence(4);
    assert.deepEqual(await chunkIds(), ['9-18-bbbb']);
  });

  it('says null for one that is gone, and does not list one that was set aside', async () => {
    const store = await open();
    await store.save(noise(10), { version: 1, epoch: 1 });
    await store.save(noise(10), { version: 2, epoch: 1 });
    const [newest, older] = await store.list();
    await store.setAside(newest?.name ?? '');
    assert.deepEqual(await store.list(), [older]);
    assert.equal(await store.read(newest?.name ?? ''), null);
  });

  it('gives back other bytes where a chunk is lost, for the checksum to tell', async () => {
    const store = await open();
    await store.save(noise(600_000), { version: 1, epoch: 1 });
    const [newest] = await store.list();
    const manager = await nats.jetstreamManager();
    await manager.streams.purge(`stalewart_${run}_checkpoints`, {
      filter: `stalewart_${run}_checkpoints.${newest?.name}.1`,
    });
    const bytes = await store.read(newest?.name ?? '');
    assert.equal(bytes?.length, 600_000);
    assert.notDeepEqual(bytes, noise(600_000));
  });

  it('says in one line what stands in its bucket and is not its own', async () => {
    const store = await open();
    await nats
      .jetstream()
      .publish(`$KV.stalewart_${run}.checkpoints`, new TextEncoder().encode('{"format":7}'));
    await assert.rejects(store.list(), {
      code: 'SERVICE',
      message: /^checkpoints in bucket stalewart_run-\d+ cannot be read .*choose another --run/,
    });
  });

  it('survives the restart of the server while it saves', async () => {
    const store = await open();
    const saving = store.save(noise(4_000_000), { version: 1, epoch: 1 });
    await server.restart();
    await saving;
    const [newest] = await store.list();
    assert.deepEqual(await store.read(newest?.name ?? ''), noise(4_000_000));
    await nats.close();
    nats = await connect({ servers: server.url });
  });

  it('says in one line that a nats-server has no JetStream', async () => {
    const plain = await startNatsServer();
    try {
      await assert.rejects(openNatsStore({ nats: plain.url, run, clock }), {
        code: 'SERVICE',
        message: /has no JetStream.*start nats-server with -js/,
      });
    } finally {
      await plain.stop();
    }
  });
});
