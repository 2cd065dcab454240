import assert from 'node:assert/strict';
import { Subject } from 'rxjs';
import type { ServerMessage } from '../../actors/messages.js';
import { localOwner, localOwners } from '../../actors/server/owners.js';
import { stalenessMonitor } from '../../actors/staleness-monitor.js';
import { createActorSystem } from '../../actors/supervision.js';
import type { Message } from '../../protocols/wire/messages.js';
import type { TransportStatus } from '../../src/transport/transport.js';
import { createVirtualClock } from '../support/virtual-clock.js';

function bench(workers = 0) {
  const clock = createVirtualClock();
  const system = createActorSystem({ name: 'test', clock });
  const status$ = new Subject<TransportStatus>();
  const sent: [string, Message][] = [];
  const told: ServerMessage[] = [];
  const monitor = system.spawn(
    stalenessMonitor({
      run: 'test',
      epoch: 1,
      owners: localOwners,
      transport: { status$, send: (subject, message) => Promise.resolve(void sent.push([subject, message])) },
      server: { path: 'server', tell: (message) => told.push(message) },
      heartbeatSeconds: 1,
      suspectAfterSeconds: 2,
      deadAfterSeconds: 5,
      restartSeconds: 4,
      workers,
    }),
  );
  const lost = (): number[] =>
    told.flatMap((message) =>
      message.type === 'event' && message.event.type === 'worker-lost' ? [message.event.worker] : [],
    );
  return { clock, system, status$, sent, told, monitor, lost };
}

describe('StalenessMonitor', () => {
  let open: ReturnType<typeof bench>;
  beforeEach(async () => {
    open = bench();
    await open.clock.settle();
  });
  afterEach(() => open.system.stop());

  it('sends the restart command to every worker that the commit says is too stale', async () => {
    const { clock, monitor, sent } = open;
    const cancel = {
      type: 'cancel',
      worker: 3,
      incarnation: 2,
      attempt: 9,
      staleness: 4,
      reason: 'staleness 4 ≥ 4',
    } as const;
    monitor.tell({ type: 'restart', commit: null, cancels: [cancel] });
    await clock.settle();
    const header = { ...cancel, run: 'test', ...localOwner, epoch: 1 };
    assert.deepEqual(sent, [['stalewart.test.worker.local.3', { header, tensor: null }]]);
  });

  /** Time passes while worker 0 is heard. */
  const passing = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      open.monitor.tell({ type: 'heard', worker: 0, incarnation: 1, heartbeat: false });
      await open.clock.advance(1);
    }
  };

  it('declares a worker lost that was not heard for the timeout, once', async () => {
    const { monitor, lost } = open;
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
    await passing(5);
    assert.deepEqual(lost(), []);
    await passing(10);
    assert.deepEqual(lost(), [1]);
  });

  it('has three times the patience when nobody is heard at all: the fault may be here', async () => {
    const { clock, monitor, lost } = open;
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
    await clock.advance(15);
    assert.deepEqual(lost(), []);
    await clock.advance(2);
    assert.deepEqual(lost(), [1]);
  });

  it('waits for a worker that is being restarted for as long as that may take, and no longer', async () => {
    const { monitor, lost } = open;
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
    monitor.tell({ type: 'lost', worker: 1, incarnation: 1, returns: true });
    await passing(9);
    assert.deepEqual(lost(), []);
    await passing(2);
    assert.deepEqual(lost(), [1]);
  });

  it('tells of suspicion before death, and when it was wrong', async () => {
    const { monitor, told } = open;
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
    await passing(3);
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: true });
    await passing(1);
    assert.deepEqual(told, [
      { type: 'suspicion', worker: 1, incarnation: 1, suspected: true },
      { type: 'suspicion', worker: 1, incarnation: 1, suspected: false },
    ]);
  });

  it('finds a worker dead sooner whose heartbeats came regularly', async () => {
    const { monitor, lost } = open;
    for (let second = 0; second < 20; second += 1) {
      monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: true });
      await passing(1);
    }
    await passing(1);
    assert.deepEqual(lost(), []);
    await passing(2);
    assert.deepEqual(lost(), [1]);
  });

  it('goes on waiting for a worker that is heard in time', async () => {
    const { clock, monitor, lost } = open;
    for (let second = 0; second < 20; second += 4) {
      monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
      await clock.advance(4);
    }
    assert.deepEqual(lost(), []);
  });

  it('declares a worker lost that was expected and never came', async () => {
    await open.system.stop();
    open = bench(2);
    await passing(9);
    assert.deepEqual(open.lost(), []);
    await passing(2);
    assert.deepEqual(open.lost(), [1]);
  });

  it('does not listen for a worker whose death was reported, nor to a dead incarnation', async () => {
    const { clock, monitor, lost } = open;
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
    monitor.tell({ type: 'lost', worker: 1, incarnation: 1, returns: false });
    monitor.tell({ type: 'heard', worker: 2, incarnation: 2, heartbeat: false });
    monitor.tell({ type: 'lost', worker: 2, incarnation: 1, returns: false });
    await clock.advance(20);
    assert.deepEqual(lost(), [2]);
  });

  it('counts no silence while the connection is down, and starts afresh when it is up again', async () => {
    const { clock, monitor, status$, lost } = open;
    monitor.tell({ type: 'heard', worker: 1, incarnation: 1, heartbeat: false });
    status$.next({ type: 'disconnected', detail: '' });
    await clock.advance(60);
    assert.deepEqual(lost(), []);
    status$.next({ type: 'connected', detail: '' });
    await passing(5);
    assert.deepEqual(lost(), []);
    await passing(2);
    assert.deepEqual(lost(), [1]);
  });
});
