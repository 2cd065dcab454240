/** The leader lease between real processes, over a real cluster of three nats-servers whose nodes die. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { connect } from 'nats';
import { type NatsCluster, type NatsNode, startNatsCluster } from '../support/nats-cluster.js';
import { type LeaseServers, leaseServers } from './lease-servers.js';

const ttlSeconds = 1;

describe('leader lease over a cluster', () => {
  let cluster: NatsCluster;
  let servers: LeaseServers;
  let run = '';
  let runs = 0;

  before(async () => {
    cluster = await startNatsCluster();
  });
  after(() => cluster.stop());
  beforeEach(() => {
    runs += 1;
    run = `lease-${runs}`;
    servers = leaseServers(run, ttlSeconds);
  });
  afterEach(() => servers.stop());

  /** The node that leads the stream of the run's bucket. */
  const bucketLeader = async (): Promise<NatsNode> => {
    const nats = await connect({ servers: cluster.nodes.map(({ url }) => url) });
    const manager = await nats.jetstreamManager();
    const { cluster: copies } = await manager.streams.info(`KV_stalewart_${run}`);
    await nats.close();
    return cluster.node(copies?.leader);
  };

  /** Two servers, of which the first leads. */
  const leaderAndStandby = async (leaderNats = cluster.url, standbyNats = cluster.url) => {
    const leader = servers.start('leader', leaderNats);
    const { epoch } = await leader.next('leading');
    const standby = servers.start('standby', standbyNats);
    await standby.seesLeader();
    return { leader, standby, epoch: epoch ?? 0 };
  };

  it('is given to one of three that ask at once', async () => {
    const all = ['one', 'two', 'three'].map((name) => servers.start(name, cluster.url));
    await Promise.all(all.map((server) => Promise.race([server.next('leading'), server.seesLeader()])));
    servers.checkOneLeader();
  });

  it('goes to the standby when the leader is killed', async () => {
    const { leader, standby, epoch } = await leaderAndStandby();
    leader.kill('SIGKILL');
    const taken = await standby.next('leading');
    assert.ok((taken.epoch ?? 0) > epoch);
    servers.checkOneLeader();
  });

  it('goes to the standby when the leader is stopped, which finds itself deposed when it wakes', async () => {
    const { leader, standby, epoch } = await leaderAndStandby();
    leader.kill('SIGSTOP');
    const taken = await standby.next('leading');
    leader.kill('SIGCONT');
    const deposed = await leader.next('deposed');
    assert.equal(deposed.epoch, epoch);
    assert.equal(deposed.byEpoch, taken.epoch);
    assert.match(deposed.by ?? '', /^standby\./);
    servers.checkOneLeader();
  });

  it('goes to the standby when the leader is cut off, which freezes, and is deposed when it is back', async () => {
    const [node, ...others] = cluster.nodes;
    assert.ok(node !== undefined);
    const { leader, standby, epoch } = await leaderAndStandby(
      node.url,
      others.map(({ url }) => url).join(','),
    );
    await node.kill('SIGSTOP');
    const frozen = await leader.next('frozen');
    assert.equal(frozen.epoch, epoch);
    const taken = await standby.next('leading');
    await node.kill('SIGCONT');
    const deposed = await leader.next('deposed');
    assert.equal(deposed.byEpoch, taken.epoch);
    servers.checkOneLeader();
  });

  it('outlives the restart of every node, one after the other', async () => {
    const { leader, standby, epoch } = await leaderAndStandby();
    for (const node of cluster.nodes) {
      await node.kill('SIGKILL');
      await node.restart();
    }
    // Frozen for a while, somebody leads again: the same, or the other if it was its turn.
    const after = await Promise.race([leader.nextYes(), standby.nextYes()]);
    assert.ok(after >= epoch);
    servers.checkOneLeader();
  });

  it('freezes while its bucket has no leader, and then goes on in the same epoch', async () => {
    const leader = servers.start('leader', cluster.url);
    const { epoch } = await leader.next('leading');
    const node = await bucketLeader();
    await node.kill('SIGKILL');
    const frozen = await leader.next('frozen');
    assert.equal(frozen.epoch, epoch);
    const again = await leader.next('leading');
    assert.equal(again.epoch, epoch);
    await node.restart();
    servers.checkOneLeader();
  });
});
