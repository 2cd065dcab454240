import assert from 'node:assert/strict';
import { localOwner } from '../../actors/server/owners.js';
import type { StragglerInjectorMessage } from '../../actors/straggler-injector.js';
import { DeclaredDead } from '../../actors/worker-actor.js';
import { spawnWorkers, type WorkerFailure } from '../../actors/worker-fleet.js';
import type { LostMessage, Message } from '../../protocols/wire/messages.js';
import { serverInbox, workerSubject } from '../../protocols/wire/subjects.js';
import { createLocalTransport } from '../../src/transport/local-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { type ActorHarness, createActorHarness, restartAfter } from '../support/actor-harness.js';
import { createFakeCompute } from '../support/fake-compute.js';

const run = 'test';

/** Workers 1 and 3, whose server is played by the test; they come back after 2 s, once within 60 s. */
async function bench(harness: ActorHarness, wrap: (transport: Transport) => Transport = (same) => same) {
  const { clock, system } = harness;
  const transport = createLocalTransport();
  const heard: Message[] = [];
  (await transport.subscribe(serverInbox(run))).subscribe((message) => heard.push(message));
  const injector = system.spawn<StragglerInjectorMessage>({
    name: 'injector',
    start: () => ({ receive: () => undefined }),
  });
  const failures: WorkerFailure[] = [];
  const fleet = spawnWorkers(system, [1, 3], {
    run,
    ...localOwner,
    compute: createFakeCompute(1),
    transport: wrap(transport),
    injector,
    heartbeatSeconds: 1000,
    retrySeconds: 1000,
    restart: restartAfter(2, 1),
  });
  fleet.failures$.subscribe((failure) => failures.push(failure));
  await clock.settle();
  const lost = (): readonly LostMessage[] =>
    heard.flatMap(({ header }) => (header.type === 'lost' ? [header] : []));
  const joins = (): readonly (readonly number[])[] =>
    heard.flatMap(({ header }) => (header.type === 'join' ? [[header.worker, header.incarnation]] : []));
  return { fleet, failures, transport, lost, joins };
}

describe('worker fleet', () => {
  let harness: ActorHarness;
  beforeEach(() => {
    harness = createActorHarness();
  });
  afterEach(() => harness.system.stop());

  it('spawns the workers asked for, and they join', async () => {
    const { fleet, joins, failures } = await bench(harness);
    assert.deepEqual([...fleet.workers.keys()], [1, 3]);
    assert.deepEqual(joins(), [
      [1, 1],
      [3, 1],
    ]);
    assert.deepEqual(failures, []);
  });

  it('tells the server at once of a crash, and that the worker returns', async () => {
    const { clock } = harness;
    const { fleet, failures, lost, joins } = await bench(harness);
    await clock.advance(7);
    assert.equal(fleet.workers.get(3)?.crash(new Error('its disk\nis full')), true);
    await clock.settle();
    assert.deepEqual(lost(), [
      {
        type: 'lost',
        run,
        ...localOwner,
        worker: 3,
        incarnation: 1,
        reason: 'its disk is full',
        returns: true,
      },
    ]);
    assert.deepEqual(
      failures.map(({ worker, incarnation, time, action, delaySeconds }) => [
        worker,
        incarnation,
        time,
        action,
        delaySeconds,
      ]),
      [[3, 1, 7, 'restarting', 2]],
    );
    await clock.advance(2);
    assert.deepEqual(joins().at(-1), [3, 2]);
  });

  it('says that the worker does not return when its restarts are used up, and leaves the others be', async () => {
    const { clock } = harness;
    const { fleet, failures, lost, joins } = await bench(harness);
    fleet.workers.get(1)?.crash(new Error('once'));
    await clock.advance(2);
    fleet.workers.get(1)?.crash('twice');
    await clock.advance(100);
    assert.deepEqual(
      lost().map(({ worker, incarnation, reason, returns }) => [worker, incarnation, reason, returns]),
      [
        [1, 1, 'once', true],
        [1, 2, 'twice', false],
      ],
    );
    assert.deepEqual(
      failures.map(({ action }) => action),
      ['restarting', 'given-up'],
    );
    assert.deepEqual(joins(), [
      [1, 1],
      [3, 1],
      [1, 2],
    ]);
    assert.equal(fleet.workers.get(3)?.crash(new Error('still there to crash')), true);
  });

  it('reports a worker that the server has declared dead like any other crash', async () => {
    const { clock } = harness;
    const { failures, transport } = await bench(harness);
    const header = {
      type: 'stop',
      run,
      ...localOwner,
      epoch: 1,
      worker: 3,
      incarnation: 1,
      rejoin: true,
      reason: 'silent',
    } as const;
    await transport.send(workerSubject(run, 'local', 3), { header, tensor: null });
    await clock.settle();
    assert.ok(failures[0]?.error instanceof DeclaredDead);
    assert.equal(failures[0].action, 'restarting');
  });

  it('hears of no crash but those of its workers', async () => {
    const { clock, system, failures: all } = harness;
    const { failures, lost } = await bench(harness);
    const other = system.spawn<null>({
      name: 'other',
      onGivenUp: () => undefined,
      start: () => ({
        receive: () => {
          throw new Error('not a worker');
        },
      }),
    });
    other.tell(null);
    await clock.settle();
    assert.equal(all.length, 1);
    assert.deepEqual([failures.length, lost().length], [0, 0]);
  });

  it('cuts a long reason to what a message may hold', async () => {
    const { clock } = harness;
    const { fleet, lost } = await bench(harness);
    fleet.workers.get(1)?.crash(new Error('x'.repeat(100_000)));
    await clock.settle();
    const [message] = lost();
    assert.match(message?.reason ?? '', /^x+/);
    assert.ok((message?.reason.length ?? Infinity) < 100_000);
  });

  it('goes on when the report of a crash cannot be sent', async () => {
    const { clock } = harness;
    const { fleet, failures, joins } = await bench(harness, (transport) => ({
      ...transport,
      send: (subject, message) =>
        message.header.type === 'lost'
          ? Promise.reject(new Error('not connected'))
          : transport.send(subject, message),
    }));
    fleet.workers.get(1)?.crash(new Error('gone'));
    await clock.advance(2);
    assert.equal(failures.length, 1);
    assert.deepEqual(joins().at(-1), [1, 2]);
  });
});
