/** Every role against every subject, at a real nats-server with the configuration that `stalewart keys` makes. */
import assert from 'node:assert/strict';
import type { NatsConnection } from 'nats';
import { type SecuredRun, startSecuredRun } from './support/secured-run.js';

/** What server, observer and worker w1 may do: publish (p), subscribe (s). */
const table: readonly (readonly [subject: string, server: string, observer: string, worker: string])[] = [
  // of w1
  ['stalewart.run-1.server.w1.0', 's', '', 'p'],
  ['stalewart.run-1.lobby.w1', 's', '', 'p'],
  ['stalewart.run-1.worker.w1.0', 'p', '', 's'],
  ['stalewart.run-1.process.w1', 'p', '', 's'],
  // of another worker
  ['stalewart.run-1.server.w2.0', 's', '', ''],
  ['stalewart.run-1.lobby.w2', 's', '', ''],
  ['stalewart.run-1.worker.w2.0', 'p', '', ''],
  ['stalewart.run-1.process.w2', 'p', '', ''],
  // of the server's own process
  ['stalewart.run-1.server.local.0', 'ps', '', ''],
  ['stalewart.run-1.worker.local.0', 'ps', '', ''],
  // for all
  ['stalewart.run-1.announce', 'ps', 's', 's'],
  ['stalewart.run-1.events', 'p', 's', ''],
  // of another run
  ['stalewart.run-2.server.w1.0', '', '', ''],
  ['stalewart.run-2.lobby.w1', '', '', ''],
  ['stalewart.run-2.worker.w1.0', '', '', ''],
  ['stalewart.run-2.process.w1', '', '', ''],
  ['stalewart.run-2.announce', '', '', ''],
  ['stalewart.run-2.events', '', '', ''],
  // longer and shorter ones
  ['stalewart.run-1', '', '', ''],
  ['stalewart.run-1.server.w1', '', '', ''],
  ['stalewart.run-1.server.w1.0.0', '', '', ''],
  ['stalewart.run-1.lobby.w1.0', '', '', ''],
  ['stalewart.run-1.unheard-of', '', '', ''],
  // JetStream
  ['$JS.API.INFO', 'p', '', ''],
  ['$JS.API.STREAM.CREATE.KV_stalewart_run-1', 'p', '', ''],
  ['$JS.API.STREAM.MSG.GET.KV_stalewart_run-1', 'p', '', ''],
  ['$JS.API.STREAM.DELETE.KV_stalewart_run-1', 'p', '', ''],
  ['$JS.API.CONSUMER.CREATE.KV_stalewart_run-1', 'p', '', ''],
  ['$JS.API.STREAM.CREATE.stalewart_run-1_checkpoints', 'p', '', ''],
  ['$JS.API.STREAM.CREATE.OBJ_stalewart_run-1_checkpoints', 'p', '', ''],
  ['$JS.API.STREAM.CREATE.KV_stalewart_run-2', '', '', ''],
  ['$JS.API.STREAM.MSG.GET.KV_stalewart_run-2', '', '', ''],
  ['$JS.API.STREAM.CREATE.mine', '', '', ''],
  ['$JS.API.ACCOUNT.PURGE.run', '', '', ''],
  ['$KV.stalewart_run-1.lease', 'p', '', ''],
  ['$KV.stalewart_run-2.lease', '', '', ''],
  ['$O.stalewart_run-1_checkpoints.C.1', 'p', '', ''],
  ['stalewart_run-1_checkpoints.1', 'p', '', ''],
  // answers to requests
  ['_INBOX_stalewart_run-1_server.abc.1', 's', '', ''],
  ['_INBOX_stalewart_run-1_worker.abc.1', '', '', ''],
  ['_INBOX.abc.1', '', '', ''],
  // the nats-server's own
  ['$SYS.REQ.SERVER.PING', '', '', ''],
  ['$SYS.ACCOUNT.x.CONNECT', '', '', ''],
];

/** What must be denied to all as subscriptions. */
const nets = [
  '>',
  '*',
  'stalewart.>',
  'stalewart.run-1.>',
  'stalewart.*.*.*.*',
  '$JS.>',
  '$KV.>',
  '_INBOX.>',
  '$SYS.>',
];

/** Subjects to which the server did not allow to publish. */
async function deniedPublications(nats: NatsConnection, subjects: readonly string[]): Promise<Set<string>> {
  const sentinel = 'stalewart.nobody-may';
  const denied = new Set<string>();
  const heard = (async () => {
    for await (const { permissionContext } of nats.status()) {
      if (permissionContext?.operation !== 'publish') continue;
      if (permissionContext.subject === sentinel) return;
      denied.add(permissionContext.subject);
    }
  })();
  for (const subject of [...subjects, sentinel]) nats.publish(subject);
  await heard;
  return denied;
}

/** Whether the server allows the subscription. */
async function maySubscribe(nats: NatsConnection, subject: string): Promise<boolean> {
  let denied = false;
  const subscription = nats.subscribe(subject, {
    callback: (error) => {
      denied ||= error !== null;
    },
  });
  await nats.flush();
  if (!denied) subscription.unsubscribe();
  return !denied;
}

describe('the permissions of roles', () => {
  let secured: SecuredRun;

  before(async () => {
    secured = await startSecuredRun();
  });

  after(() => secured.stop());

  const roles = ['server', 'observer', 'workers/w1'] as const;
  for (const [index, role] of roles.entries()) {
    it(`are, for ${role}, those of the table and no other`, async () => {
      const nats = await secured.dial(role);
      const subjects = table.map(([subject]) => subject);
      const denied = await deniedPublications(nats, subjects);
      const found: (readonly [string, string])[] = [];
      for (const subject of subjects) {
        const may = `${denied.has(subject) ? '' : 'p'}${(await maySubscribe(nats, subject)) ? 's' : ''}`;
        found.push([subject, may]);
      }
      assert.deepEqual(
        found,
        table.map((row) => [row[0], row[index + 1]]),
      );
      for (const net of nets) assert.equal(await maySubscribe(nats, net), false, net);
      await nats.close();
    });
  }

  it('let the server use its bucket and its store, and nobody else reach JetStream', async () => {
    const server = await secured.dial('server');
    const bucket = await server.jetstream().views.kv('stalewart_run-1');
    const revision = await bucket.create('lease', new TextEncoder().encode('server-a'));
    await bucket.update('lease', new TextEncoder().encode('server-b'), revision);
    assert.equal((await bucket.get('lease'))?.string(), 'server-b');
    await assert.rejects(bucket.update('lease', 'server-c', revision), /wrong last sequence/);
    const store = await server.jetstream().views.os('stalewart_run-1_checkpoints');
    await store.putBlob({ name: 'one' }, new Uint8Array(300_000).fill(7));
    assert.equal((await store.getBlob('one'))?.length, 300_000);

    for (const role of ['observer', 'workers/w1']) {
      const other = await secured.dial(role);
      await assert.rejects(other.jetstreamManager({ timeout: 1000 }), /permission|timeout|503/i, role);
      await other.close();
    }
    assert.equal((await bucket.get('lease'))?.string(), 'server-b');
    await server.close();
  });

  it('let no worker forge a message of another, whatever answer it asks for', async () => {
    const server = await secured.dial('server');
    const worker = await secured.dial('workers/w1');
    const heard: string[] = [];
    const subscription = server.subscribe('stalewart.run-1.server.*.*', {
      callback: (_, { subject }) => heard.push(subject),
    });
    await server.flush();
    worker.publish('stalewart.run-1.server.w2.0', 'forged', { reply: 'stalewart.run-1.server.w1.0' });
    worker.publish('stalewart.run-1.server.w1.0', 'own', { reply: 'stalewart.run-1.server.w2.0' });
    await worker.flush();
    await server.flush();
    assert.deepEqual(heard, ['stalewart.run-1.server.w1.0']);
    subscription.unsubscribe();
    await Promise.all([server.close(), worker.close()]);
  });
});
