import assert from 'node:assert/strict';
import {
  type ActorRef,
  type ActorSystem,
  createActorSystem,
  type RestartPolicy,
} from '../../actors/supervision.js';
import { localOwner } from '../../actors/server/owners.js';
import { stragglerInjector, type StragglerInjectorMessage } from '../../actors/straggler-injector.js';
import { workerActor, type WorkerMessage } from '../../actors/worker-actor.js';
import type { Message, ToServer, ToWorker } from '../../protocols/wire/messages.js';
import { serverInbox, workerSubject } from '../../protocols/wire/subjects.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';
import { createLocalTransport } from '../../src/transport/local-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { createFakeCompute, type FakeCompute } from '../support/fake-compute.js';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.js';

const run = 'test';
const restart: RestartPolicy = {
  maxRestarts: 2,
  windowSeconds: 1000,
  backoff: { initialSeconds: 1, maxSeconds: 10, factor: 2, jitter: 0 },
  random: () => 0,
};

interface Bench {
  readonly clock: VirtualClock;
  readonly system: ActorSystem;
  readonly transport: Transport;
  readonly compute: FakeCompute;
  readonly worker: ActorRef<WorkerMessage>;
  readonly heard: Message<ToServer>[];
  tell(
    message: Partial<ToWorker> & { readonly type: ToWorker['type'] },
    tensor?: Float32Array,
  ): Promise<void>;
}

/** A worker with a straggler law, its server played by the test. */
async function bench(straggler = 'constant:mean=5'): Promise<Bench> {
  const clock = createVirtualClock();
  const system = createActorSystem({ name: 'test', clock });
  const transport = createLocalTransport();
  const compute = createFakeCompute(4);
  const heard: Message<ToServer>[] = [];
  const inbox = await transport.subscribe(serverInbox(run));
  inbox.subscribe((message) => heard.push(message as Message<ToServer>));
  const taskTimes = createTaskTimes(parseStraggler(straggler), { workers: 1, seed: 1 });
  const injector: ActorRef<StragglerInjectorMessage> = system.spawn(
    stragglerInjector({ taskTimes, workers: () => new Map() }),
  );
  const worker = system.spawn(
    workerActor({
      run,
      ...localOwner,
      worker: 0,
      compute,
      transport,
      injector,
      heartbeatSeconds: 100,
      retrySeconds: 2,
      restart,
    }),
  );
  await clock.settle();
  const fence = { run, ...localOwner, worker: 0, incarnation: 1 };
  const common = { ...fence, epoch: 1, attempt: 1, baseVersion: 0, localSteps: 10 };
  const shapes = {
    assign: common,
    cancel: {
      ...fence,
      ...pick(common, 'epoch', 'attempt'),
      staleness: 3,
      reason: 'stale',
    },
    grant: { ...fence, epoch: 1, updateId: '0.1.1' },
    ack: {
      ...fence,
      epoch: 1,
      updateId: '0.1.1',
      outcome: 'accepted',
      reason: '',
    },
    stop: { ...fence, epoch: 1, rejoin: false, reason: 'over' },
  } as const;
  return {
    clock,
    system,
    transport,
    compute,
    worker,
    heard,
    async tell(message, tensor) {
      const header = { ...shapes[message.type], ...message } as ToWorker;
      const weights = header.type === 'assign' ? (tensor ?? new Float32Array(4)) : null;
      await transport.send(workerSubject(run, 'local', 0), { header, tensor: weights });
      await clock.settle();
    },
  };
}

function pick<Type, Key extends keyof Type>(from: Type, ...keys: Key[]): Pick<Type, Key> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<Type, Key>;
}

const types = ({ heard }: Bench): string[] => heard.map(({ header }) => header.type);

describe('WorkerActor', () => {
  let open: Bench | null = null;
  const start = async (straggler?: string): Promise<Bench> => {
    open = await bench(straggler);
    return open;
  };
  afterEach(async () => {
    await open?.system.stop();
    await open?.transport.close();
    open = null;
  });

  it('joins, and again until it is given an assignment', async () => {
    const b = await start();
    await b.clock.advance(4);
    assert.deepEqual(types(b), ['join', 'join', 'join']);
    await b.tell({ type: 'assign' });
    await b.clock.advance(4);
    assert.equal(types(b).filter((type) => type === 'join').length, 3);
  });

  it('has its local steps computed from the model that it was sent', async () => {
    const b = await start();
    const weights = Float32Array.of(1, 2, 3, 4);
    await b.tell({ type: 'assign', attempt: 7, localSteps: 3 }, weights);
    assert.deepEqual(
      b.compute.pending.map(({ task }) => task),
      [{ worker: 0, attempt: 7, parameters: weights, localSteps: 3 }],
    );
  });

  it('uploads when the longer of computing and drawn time is over', async () => {
    const b = await start('constant:mean=5');
    await b.tell({ type: 'assign' });
    await b.clock.advance(3);
    b.compute.pending[0]?.answer();
    await b.clock.advance(1.9);
    assert.ok(!types(b).includes('update'));
    await b.clock.advance(0.1);
    const update = b.heard.at(-1);
    assert.equal(update?.header.type, 'update');
    assert.deepEqual(update.tensor, Float32Array.of(1, 1, 1, 1));
  });

  it('uploads at once when computing took longer than the drawn time', async () => {
    const b = await start('constant:mean=1');
    await b.tell({ type: 'assign' });
    await b.clock.advance(3);
    b.compute.pending[0]?.answer();
    await b.clock.settle();
    assert.equal(types(b).at(-1), 'update');
  });

  /** A worker whose task is done, and what it has sent of it. */
  const finished = async (uploadOnGrant?: true): Promise<Bench & { sent(): string[] }> => {
    const b = await start('none');
    await b.tell({ type: 'assign', ...(uploadOnGrant && { uploadOnGrant }) });
    b.compute.pending[0]?.answer();
    await b.clock.settle();
    return { ...b, sent: () => types(b).filter((type) => type === 'update' || type === 'offer') };
  };

  it('offers an upload that is not acknowledged again and again, and sends the same when it is granted', async () => {
    const b = await finished();
    assert.deepEqual(b.sent(), ['update']);
    await b.clock.advance(4);
    assert.deepEqual(b.sent(), ['update', 'offer', 'offer']);
    await b.tell({ type: 'grant' });
    await b.clock.advance(2);
    assert.deepEqual(b.sent(), ['update', 'offer', 'offer', 'update', 'offer']);
    const updates = b.heard.filter(({ header }) => header.type === 'update');
    assert.deepEqual(updates[1], updates[0]);
    await b.tell({ type: 'ack', updateId: '0.1.9' });
    await b.clock.advance(2);
    assert.equal(b.sent().length, 6);
    await b.tell({ type: 'ack', updateId: '0.1.1' });
    await b.clock.advance(10);
    assert.equal(b.sent().length, 6);
  });

  it('offers an update first where the assignment says so', async () => {
    const b = await finished(true);
    assert.deepEqual(b.sent(), ['offer']);
    assert.deepEqual(b.heard.at(-1)?.header, {
      ...{
        type: 'offer',
        run,
        ...localOwner,
        worker: 0,
        incarnation: 1,
        epoch: 1,
        attempt: 1,
        updateId: '0.1.1',
      },
      baseVersion: 0,
    });
    await b.tell({ type: 'grant', updateId: '0.1.9' });
    assert.deepEqual(b.sent(), ['offer']);
    await b.tell({ type: 'grant' });
    await b.tell({ type: 'grant' });
    assert.deepEqual(b.sent(), ['offer', 'update', 'update']);
  });

  it('offers nothing that has been superseded', async () => {
    const b = await finished(true);
    await b.tell({ type: 'assign', attempt: 2, baseVersion: 5 });
    await b.tell({ type: 'grant' });
    await b.clock.advance(10);
    assert.deepEqual(b.sent(), ['offer']);
  });

  it('stops computing when it is restarted, and takes up the new assignment', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign' });
    const first = b.compute.pending[0];
    await b.tell({ type: 'cancel' });
    assert.equal(first?.signal.aborted, true);
    await b.tell({ type: 'assign', attempt: 2, baseVersion: 5 });
    assert.deepEqual(
      b.compute.pending.map(({ task }) => task.attempt),
      [2],
    );
    assert.equal(b.worker.incarnation(), 1);
  });

  it('lets a newer assignment supersede the old one, even if the restart command was lost', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign' });
    await b.tell({ type: 'assign', attempt: 2 });
    await b.tell({ type: 'assign', attempt: 1 });
    assert.deepEqual(
      b.compute.pending.map(({ task }) => task.attempt),
      [2],
    );
  });

  it('hears nothing that is meant for another incarnation', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign', incarnation: 2 });
    assert.equal(b.compute.pending.length, 0);
  });

  it('crashes when computing fails, and comes back after the backoff as a new incarnation', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign' });
    b.compute.pending[0]?.fail(new Error('no more memory'));
    await b.clock.advance(0.9);
    assert.equal(b.worker.incarnation(), 1);
    await b.clock.advance(0.1);
    const last = b.heard.at(-1)?.header;
    assert.deepEqual([last?.type, last?.incarnation], ['join', 2]);
  });

  it('does not crash when the task that failed had been cancelled', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign' });
    await b.tell({ type: 'cancel' });
    await b.clock.advance(5);
    assert.equal(b.worker.incarnation(), 1);
  });

  it('comes back as a new incarnation when the server has declared it dead', async () => {
    const b = await start('none');
    await b.tell({ type: 'stop', rejoin: true });
    await b.clock.advance(1);
    assert.equal(b.heard.at(-1)?.header.incarnation, 2);
  });

  it('ends when the run is over, and drops its work', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign' });
    const task = b.compute.pending[0];
    await b.tell({ type: 'stop' });
    assert.deepEqual(await b.worker.terminated, { type: 'stopped' });
    assert.equal(task?.signal.aborted, true);
  });

  it('says in every heartbeat which attempt it has, once it has joined', async () => {
    const b = await start('none');
    await b.tell({ type: 'assign', attempt: 3 });
    await b.clock.advance(100);
    const last = b.heard.at(-1)?.header;
    assert.deepEqual(last, {
      type: 'heartbeat',
      run,
      ...localOwner,
      worker: 0,
      incarnation: 1,
      attempt: 3,
      state: 'computing',
    });
  });
});
