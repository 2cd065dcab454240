import assert from 'node:assert/strict';
import type { ServerMessage, StalenessMonitorMessage } from '../../actors/messages.js';
import { localOwner, type Owner } from '../../actors/server/owners.js';
import { serverActor, type RunOutcome } from '../../actors/server-actor.js';
import { createActorSystem } from '../../actors/supervision.js';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { Policy } from '../../protocols/sync/policy.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../protocols/sync/settings.js';
import type {
  Message,
  OfferMessage,
  ToServer,
  ToWorker,
  UpdateMessage,
} from '../../protocols/wire/messages.js';
import type { Correction } from '../../src/compute/corrections/correction.js';
import { towardModel } from '../../src/compute/corrections/toward-model.js';
import { allFinite, createParameterStore } from '../../src/compute/parameter-store.js';
import { createVirtualClock } from '../support/virtual-clock.js';

const run = 'test';

interface Bench {
  readonly skipNonFinite?: boolean;
  readonly maxRounds?: number;
  readonly correction?: Correction;
  readonly joinsPerSecond?: number;
  readonly weights?: Float32Array;
  /** What has to happen before a message is sent; null: nothing. */
  readonly hold?: (header: ToWorker) => Promise<void> | null;
  readonly maxInboundBytes?: number;
  /** Default: K-async with K = 2. */
  readonly policy?: Policy;
}

/** A server with three workers; the test plays workers and monitor. */
function bench({
  correction,
  policy: own,
  joinsPerSecond = 100,
  maxInboundBytes = 1e9,
  ...rest
}: Bench = {}) {
  const { weights = Float32Array.of(10, 20), hold, ...more } = rest;
  const clock = createVirtualClock();
  const system = createActorSystem({ name: 'test', clock });
  const sent: Message<ToWorker>[] = [];
  const monitored: StalenessMonitorMessage[] = [];
  const steps: EngineStep[] = [];
  const outcomes: RunOutcome[] = [];
  const refused: string[] = [];
  const owners = new Map<number, Owner>();
  const store = createParameterStore(weights, { correction: correction ?? null });
  const policy = own ?? findPolicy('k-async')?.create(resolvePolicySettings({ workers: 3, waitCount: 2 }));
  assert.ok(policy);
  const server = system.spawn(
    serverActor({
      run,
      epoch: 1,
      owners: { of: (worker) => owners.get(worker) ?? localOwner },
      engine: { policy, workers: 3, localSteps: 10, ...more },
      store,
      parameterCount: weights.length,
      isFinite: allFinite,
      transport: {
        async send(_subject, message) {
          const toWorker = message as Message<ToWorker>;
          sent.push(toWorker);
          await hold?.(toWorker.header);
        },
      },
      resendSeconds: 2,
      joinsPerSecond,
      maxInboundBytes,
      spawnMonitor: () => ({ path: 'monitor', tell: (message) => monitored.push(message) }),
      observer: {
        heard: () => undefined,
        silent: () => undefined,
        suspicion: () => undefined,
        refused: (_header, reason) => refused.push(reason),
        step: (step) => steps.push(step),
        over: (outcome) => outcomes.push(outcome),
      },
    }),
  );
  const tell = async (header: ToServer, tensor: Float32Array | null = null): Promise<void> => {
    server.tell({ type: 'wire', message: { header, tensor } } satisfies ServerMessage);
    await clock.settle();
  };
  const join = (worker: number, incarnation = 1) =>
    tell({ type: 'join', run, ...localOwner, worker, incarnation, backend: 'fake' });
  const update = (worker: number, delta: readonly number[], change: Partial<UpdateMessage> = {}) => {
    const { incarnation = 1, attempt = 1 } = change;
    const header: UpdateMessage = {
      type: 'update',
      run,
      ...localOwner,
      worker,
      incarnation,
      epoch: 1,
      attempt,
      updateId: `${worker}.${incarnation}.${attempt}`,
      baseVersion: 0,
      steps: 10,
      samples: 320,
      loss: 1,
      firstLoss: 2,
      computeSeconds: 1,
      taskSeconds: 1,
      ...change,
    };
    return tell(header, Float32Array.from(delta));
  };
  const heartbeat = (worker: number, attempt: number, incarnation = 1) =>
    tell({ type: 'heartbeat', run, ...localOwner, worker, incarnation, attempt, state: 'idle' });
  const offer = (worker: number, change: Partial<OfferMessage> = {}) => {
    const { incarnation = 1, attempt = 1 } = change;
    const updateId = `${worker}.${incarnation}.${attempt}`;
    const common = { run, ...localOwner, worker, incarnation, epoch: 1, attempt, updateId, baseVersion: 0 };
    return tell({ type: 'offer', ...common, ...change });
  };
  const to = (worker: number, type: ToWorker['type']) =>
    sent.filter(({ header }) => header.worker === worker && header.type === type);
  return {
    clock,
    system,
    sent,
    monitored,
    steps,
    outcomes,
    refused,
    owners,
    store,
    server,
    tell,
    join,
    update,
    heartbeat,
    offer,
    to,
  };
}

describe('ServerActor', () => {
  let b: ReturnType<typeof bench>;
  beforeEach(() => {
    b = bench();
  });
  afterEach(() => b.system.stop());

  it('sends a worker that joins the weights of the present version', async () => {
    await b.join(1);
    const [assign] = b.to(1, 'assign');
    assert.deepEqual(assign?.tensor, Float32Array.of(10, 20));
    assert.deepEqual(assign.header, {
      type: 'assign',
      run,
      ...localOwner,
      epoch: 1,
      worker: 1,
      incarnation: 1,
      attempt: 1,
      baseVersion: 0,
      localSteps: 10,
    });
  });

  it('averages the first K deltas into the weights and sends the result to the uploaders', async () => {
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(2, [1, 2]);
    await b.update(0, [3, 6]);
    assert.equal(b.store.version, 1);
    assert.deepEqual(b.store.current(), Float32Array.of(12, 24));
    assert.deepEqual(b.to(0, 'assign').at(-1)?.tensor, Float32Array.of(12, 24));
    assert.equal(b.to(1, 'assign').length, 1);
  });

  it('has stale deltas corrected by what their worker was sent', async () => {
    await b.system.stop();
    b = bench({ correction: towardModel });
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(0, [2, 2]);
    await b.update(1, [4, 4]);
    // Now [13, 23]. Worker 0 went on from there, to [14, 25]; worker 2 from [10, 20], to [16, 21].
    await b.update(0, [1, 2], { attempt: 2, baseVersion: 1 });
    await b.update(2, [6, 1]);
    assert.deepEqual(b.store.current(), Float32Array.of(15, 23));
  });

  it('applies an upload that comes twice once, and acknowledges it each time', async () => {
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(0, [1, 1]);
    await b.update(0, [1, 1]);
    await b.update(1, [1, 1]);
    await b.update(0, [1, 1]);
    assert.deepEqual(b.store.current(), Float32Array.of(11, 21));
    assert.equal(b.to(0, 'ack').length, 3);
    assert.equal(b.store.held, 0);
  });

  it('drops the held delta of a worker that is lost before the commit', async () => {
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(0, [1, 1]);
    await b.tell({
      type: 'lost',
      run,
      ...localOwner,
      worker: 0,
      incarnation: 1,
      reason: 'crashed',
      returns: true,
    });
    assert.equal(b.store.held, 0);
    assert.deepEqual(b.monitored.at(-1), { type: 'lost', worker: 0, incarnation: 1, returns: true });
  });

  it('refuses another epoch and a delta of the wrong length before the engine hears of them', async () => {
    await b.join(0);
    const before = b.steps.length;
    await b.update(0, [1, 1], { epoch: 2 });
    await b.update(0, [1, 1, 1]);
    assert.equal(b.steps.length, before);
    assert.deepEqual(b.refused, ['epoch 2, living is 1', 'delta of 3 elements, the model has 2']);
    const [stop] = b.to(0, 'stop');
    assert.ok(stop?.header.type === 'stop' && stop.header.rejoin);
  });

  it('hears a worker from its owner alone, and answers nobody else', async () => {
    b.owners.set(0, { process: 'node-1', life: 'b' });
    await b.join(0);
    await b.tell({
      type: 'join',
      run,
      process: 'node-1',
      life: 'a',
      worker: 0,
      incarnation: 1,
      backend: 'x',
    });
    assert.deepEqual(b.steps, []);
    assert.deepEqual(b.sent, []);
    assert.deepEqual(b.refused, [
      'worker 0 belongs to process "node-1", not to "local"',
      'life a of process "node-1" is over',
    ]);
    await b.tell({
      type: 'join',
      run,
      process: 'node-1',
      life: 'b',
      worker: 0,
      incarnation: 1,
      backend: 'x',
    });
    const [assign] = b.to(0, 'assign');
    assert.equal(assign?.header.process, 'node-1');
    assert.equal(assign.header.life, 'b');
  });

  it('loses the workers of a process together, those that never joined or are gone left out', async () => {
    await b.join(0);
    await b.join(1);
    await b.update(0, [1, 1]);
    b.server.tell({
      type: 'workers-lost',
      workers: [0, 1, 2],
      reason: 'process one: SIGTERM',
      returns: true,
    });
    await b.clock.settle();
    const lost = b.steps.flatMap(({ event }) => (event.type === 'worker-lost' ? [event] : []));
    assert.deepEqual(
      lost.map(({ worker, incarnation, reason, returns }) => [worker, incarnation, reason, returns]),
      [
        [0, 1, 'process one: SIGTERM', true],
        [1, 1, 'process one: SIGTERM', true],
      ],
    );
    assert.equal(b.store.held, 0);
    assert.deepEqual(b.monitored.at(-1), { type: 'lost', worker: 1, incarnation: 1, returns: true });
    b.server.tell({ type: 'workers-lost', workers: [0], reason: 'again', returns: false });
    b.server.tell({ type: 'workers-lost', workers: [0], reason: 'and again', returns: false });
    await b.clock.settle();
    assert.equal(b.steps.filter(({ event }) => event.type === 'worker-lost').length, 3);
  });

  it('fails the run on a non-finite delta, naming round and worker', async () => {
    await b.join(1);
    await b.update(1, [1, Infinity]);
    assert.equal(b.outcomes[0]?.code, 'non-finite');
    assert.match(b.outcomes[0]?.reason ?? '', /round 1, worker 1: its delta has non-finite values/);
    assert.deepEqual(b.store.current(), Float32Array.of(10, 20));
  });

  it('takes a loss of null for a non-finite one', async () => {
    await b.join(1);
    await b.update(1, [1, 1], { loss: null });
    assert.match(b.outcomes[0]?.reason ?? '', /its loss is NaN/);
  });

  it('sends an assignment again when a heartbeat shows that it was lost, but not at once', async () => {
    await b.join(0);
    await b.heartbeat(0, 0);
    assert.equal(b.to(0, 'assign').length, 1);
    await b.clock.advance(2);
    await b.heartbeat(0, 1);
    assert.equal(b.to(0, 'assign').length, 1);
    await b.heartbeat(0, 0);
    assert.equal(b.to(0, 'assign').length, 2);
    assert.deepEqual(b.to(0, 'assign')[1], b.to(0, 'assign')[0]);
  });

  it('tells an incarnation that was declared dead to come back as a new one', async () => {
    await b.join(0);
    b.server.tell({
      type: 'event',
      event: { type: 'worker-lost', time: 1, worker: 0, incarnation: 1, reason: 'silent', returns: false },
    });
    await b.heartbeat(0, 1);
    const [stop] = b.to(0, 'stop');
    assert.ok(stop?.header.type === 'stop' && stop.header.rejoin);
    await b.join(0, 2);
    assert.equal(b.to(0, 'assign').at(-1)?.header.incarnation, 2);
  });

  it('hands the monitor every commit and its restarts', async () => {
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(0, [1, 1]);
    await b.update(1, [1, 1]);
    const message = b.monitored.find(({ type }) => type === 'restart');
    assert.ok(message?.type === 'restart');
    assert.equal(message.commit?.version, 1);
    assert.deepEqual(message.commit.staleness, [
      [0, 1],
      [1, 1],
      [2, 1],
    ]);
  });

  it('sends work once though its worker was paused, and went on, before the monitor had it drop the old work', async () => {
    await b.system.stop();
    let waits = true;
    const policy: Policy<null> = {
      name: 'mine',
      counts: 'mini-batches',
      initial: () => null,
      waitCount: () => ({ value: 9, reason: 'mine' }),
      timeLimit: (_state, worker) => (worker === 0 ? 1 : null),
      pause: (_state, worker) => (worker === 0 && waits ? 'not yet' : null),
    };
    b = bench({ policy });
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.clock.advance(1);
    assert.deepEqual(
      b.steps.at(-1)?.effects.map(({ type }) => type),
      ['cancel', 'pause'],
    );
    // What it sends all the same is refused, and so not sent again.
    await b.update(0, [1, 1]);
    const [ack] = b.to(0, 'ack');
    assert.ok(ack?.header.type === 'ack' && ack.header.outcome === 'refused');
    b.server.tell({ type: 'restarts-commanded', workers: [0] });
    await b.clock.settle();
    assert.equal(b.to(0, 'assign').length, 1, 'it has none');
    waits = false;
    await b.update(1, [1, 1]);
    assert.equal(b.to(0, 'assign').length, 2);
    b.server.tell({ type: 'restarts-commanded', workers: [0] });
    await b.clock.settle();
    assert.equal(b.to(0, 'assign').length, 2);
  });

  it('lets workers upload at once where all updates fit, and has them ask where they do not', async () => {
    await b.join(0);
    assert.ok(!('uploadOnGrant' in (b.to(0, 'assign')[0]?.header ?? {})));
    await b.system.stop();
    b = bench({ maxInboundBytes: 16 });
    await b.join(0);
    const [assign] = b.to(0, 'assign');
    assert.ok(assign?.header.type === 'assign' && assign.header.uploadOnGrant === true);
  });

  it('grants as many uploads as fit, the next when one has arrived', async () => {
    await b.system.stop();
    b = bench({ maxInboundBytes: 16 });
    for (const worker of [0, 1, 2]) await b.join(worker);
    for (const worker of [2, 1, 0]) await b.offer(worker);
    const granted = () => [0, 1, 2].map((worker) => b.to(worker, 'grant').length);
    assert.deepEqual(granted(), [0, 1, 1]);
    await b.update(2, [1, 1]);
    assert.deepEqual(granted(), [1, 1, 1]);
  });

  it("passes a lost worker's grant on", async () => {
    await b.system.stop();
    b = bench({ maxInboundBytes: 8 });
    for (const worker of [0, 1, 2]) await b.join(worker);
    for (const worker of [0, 1, 2]) await b.offer(worker);
    await b.tell({
      type: 'lost',
      run,
      ...localOwner,
      worker: 0,
      incarnation: 1,
      reason: 'crashed',
      returns: true,
    });
    assert.equal(b.to(1, 'grant').length, 1);
    const event = {
      type: 'worker-lost',
      time: 1,
      worker: 1,
      incarnation: 1,
      reason: 'silent',
      returns: false,
    } as const;
    b.server.tell({ type: 'event', event });
    await b.clock.settle();
    assert.equal(b.to(2, 'grant').length, 1);
  });

  it('answers an offer of what it will not take without having it sent', async () => {
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(0, [1, 1]);
    await b.offer(0);
    await b.offer(1, { attempt: 2 });
    await b.offer(2, { epoch: 9 });
    const outcomes = [0, 1, 2].map((worker) => {
      const [ack] = b.to(worker, 'ack').slice(-1);
      return ack?.header.type === 'ack' ? ack.header.outcome : null;
    });
    assert.deepEqual(outcomes, ['accepted', 'refused', 'refused']);
    assert.equal(b.sent.filter(({ header }) => header.type === 'grant').length, 0);
    await b.offer(2, { baseVersion: 5 });
    const [stop] = b.to(2, 'stop');
    assert.ok(stop?.header.type === 'stop' && stop.header.rejoin);
  });

  it('lets workers in at its rate, in the order in which they asked', async () => {
    await b.system.stop();
    b = bench({ joinsPerSecond: 1 });
    for (const worker of [2, 1, 0, 1, 1]) await b.join(worker);
    const joined = () =>
      b.steps.flatMap(({ event }) => (event.type === 'worker-joined' ? [event.worker] : []));
    assert.deepEqual(joined(), [2]);
    await b.clock.advance(1);
    assert.deepEqual(joined(), [2, 1]);
    await b.clock.advance(5);
    assert.deepEqual(joined(), [2, 1, 0]);
  });

  it('hands a few models over at a time, and sends other messages meanwhile', async () => {
    await b.system.stop();
    const blocked: (() => void)[] = [];
    const large = 3 * 2 ** 20;
    b = bench({
      weights: new Float32Array(large),
      hold: ({ type }) => (type === 'assign' ? new Promise((sent) => blocked.push(sent)) : null),
    });
    for (const worker of [2, 1, 0]) await b.join(worker);
    assert.deepEqual(b.to(2, 'assign').length + b.to(1, 'assign').length, 1);
    await b.tell({
      type: 'lost',
      run,
      ...localOwner,
      worker: 1,
      incarnation: 1,
      reason: 'crashed',
      returns: true,
    });
    await b.join(1, 2);
    blocked.shift()?.();
    await b.clock.settle();
    assert.deepEqual(
      b.to(1, 'assign').map(({ header }) => header.incarnation),
      [2],
      'in its old place, with its newest assignment',
    );
  });

  it('says how the run ended and tells the workers to stop', async () => {
    await b.system.stop();
    b = bench({ maxRounds: 1 });
    for (const worker of [0, 1, 2]) await b.join(worker);
    await b.update(0, [1, 1]);
    await b.update(1, [1, 1]);
    assert.deepEqual(b.outcomes, [{ code: null, reason: '1 round' }]);
    assert.deepEqual(
      [0, 1, 2].map((worker) => b.to(worker, 'stop').length),
      [1, 1, 1],
    );
    await b.heartbeat(2, 1);
    assert.equal(b.to(2, 'stop').length, 2);
  });
});
