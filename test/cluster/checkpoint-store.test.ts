/** Checkpoints in a real cluster of three nats-servers whose nodes die while one is being saved. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import { connect } from 'nats';
import { openNatsStore } from '../../src/checkpoint/nats-store.js';
import { systemClock } from '../../src/clock/clock.js';
import { seededRandom } from '../../src/random/seeded-random.js';
import { type NatsCluster, type NatsNode, startNatsCluster } from '../support/nats-cluster.js';

const clock = systemClock();

describe('checkpoints in a cluster', () => {
  let cluster: NatsCluster;
  before(async () => {
    cluster = await startNatsCluster();
  });
  after(() => cluster.stop());

  const leaderOf = async (stream: string): Promise<NatsNode> => {
    const nats = await connect({ servers: cluster.nodes.map(({ url }) => url) });
    const manager = await nats.jetstreamManager();
    const { cluster: copies, config } = await manager.streams.info(stream);
    await nats.close();
    assert.equal(config.num_replicas, 3);
    return cluster.node(copies?.leader);
  };

  for (const [what, streamOf] of [
    ['chunks', (run: string) => `stalewart_${run}_checkpoints`],
    ['list', (run: string) => `KV_stalewart_${run}`],
  ] as const) {
    it(`are saved although the node that leads the ${what} is killed meanwhile, and outlive it`, async () => {
      const run = `save-${what}`;
      const random = seededRandom(1, what);
      const bytes = Uint8Array.from({ length: 3_000_000 }, () => 256 * random());
      const store = await openNatsStore({ nats: cluster.url, run, clock, patienceSeconds: 60 });
      await store.fence(1);
      await store.save(bytes, { version: 1, epoch: 1 });
      const node = await leaderOf(streamOf(run));
      const saving = store.save(bytes, { version: 2, epoch: 1 });
      await node.kill('SIGKILL');
      await saving;
      const other = await openNatsStore({ nats: cluster.url, run, clock, patienceSeconds: 60 });
      const listed = await other.list();
      assert.deepEqual(
        listed.map(({ version }) => version),
        [2, 1],
      );
      for (const { name } of listed) assert.deepEqual(await other.read(name), bytes);
      await Promise.all([store.close(), other.close()]);
      await node.restart();
    });
  }
});
