import assert from 'node:assert/strict';
import { Subject } from 'rxjs';
import { lobbyActor, type LobbyMessage, type ProcessRecord } from '../../../actors/lobby/lobby-actor.js';
import { Seats } from '../../../actors/lobby/seats.js';
import type { ServerMessage } from '../../../actors/messages.js';
import type { ActorRef } from '../../../actors/supervision.js';
import type { AnnounceMessage, ToLobby, ToProcess } from '../../../protocols/wire/lobby-messages.js';
import type { Message } from '../../../protocols/wire/messages.js';
import { announceSubject, lobbySubject } from '../../../protocols/wire/subjects.js';
import { createLocalTransport } from '../../../src/transport/local-transport.js';
import type { Transport, TransportStatus } from '../../../src/transport/transport.js';
import { type ActorHarness, createActorHarness } from '../../support/actor-harness.js';

const run = 'test';
const facts = {
  config: { heartbeat: 1 },
  model: { name: 'mlp', moduleSha256: null, contentSha256: '0'.repeat(64) },
  dataset: { name: 'mnist', moduleSha256: null, contentSha256: '1'.repeat(64) },
};

interface Bench {
  readonly lobby: ActorRef<LobbyMessage>;
  readonly transport: Transport;
  readonly status$: Subject<TransportStatus>;
  readonly seats: Seats;
  readonly told: ProcessRecord[];
  readonly toServer: ServerMessage[];
  readonly toProcesses: ToProcess[];
  readonly announced: AnnounceMessage[];
  send(header: ToLobby): Promise<void>;
  enter(process: string, life?: string, slots?: number): Promise<void>;
  last(process: string): ToProcess | undefined;
}

/** A lobby with four worker numbers, whose processes and server are played by the test. */
async function bench({ system, clock }: ActorHarness): Promise<Bench> {
  const transport = createLocalTransport();
  const status$ = new Subject<TransportStatus>();
  const toProcesses: ToProcess[] = [];
  const announced: AnnounceMessage[] = [];
  const told: ProcessRecord[] = [];
  const toServer: ServerMessage[] = [];
  const everything$ = await transport.subscribe(`stalewart.${run}.>`);
  everything$.subscribe(({ header }: Message) => {
    if (header.type === 'welcome' || header.type === 'refuse' || header.type === 'end')
      toProcesses.push(header);
    if (header.type === 'announce') announced.push(header);
  });
  const seats = new Seats({ workers: 4, keepSeconds: 5 });
  const lobby = system.spawn(
    lobbyActor({
      run,
      epoch: 1,
      server: 'me',
      transport: { ...transport, status$ },
      parameterServer: { path: 'server', tell: (message) => toServer.push(message) },
      seats,
      facts,
      incarnationOf: (worker) => (worker === 1 ? 7 : 0),
      heartbeatSeconds: 1,
      deadAfterSeconds: 5,
      told: (record) => told.push(record),
    }),
  );
  await clock.settle();
  const send = async (header: ToLobby): Promise<void> => {
    await transport.send(lobbySubject(run, header.process), { header, tensor: null });
    await clock.settle();
  };
  return {
    lobby,
    transport,
    status$,
    seats,
    told,
    toServer,
    toProcesses,
    announced,
    send,
    enter: (process, life = 'a', slots = 2) =>
      send({ type: 'enter', run, process, life, protocol: 1, slots, version: '1.2.3', backend: 'wasm' }),
    last: (process) => toProcesses.findLast((header) => header.process === process),
  };
}

describe('LobbyActor', () => {
  let harness: ActorHarness;
  let b: Bench;
  beforeEach(async () => {
    harness = createActorHarness();
    b = await bench(harness);
  });
  afterEach(async () => {
    await harness.system.stop();
    await b.transport.close();
    assert.deepEqual(harness.failures, []);
  });

  const alive = (process: string, life = 'a'): Promise<void> => b.send({ type: 'alive', run, process, life });
  /** Time passes while these processes are heard. */
  const pass = async (seconds: number, ...processes: string[]): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await harness.clock.advance(1);
      for (const process of processes) await alive(process);
    }
  };

  it('welcomes a process with its workers, each with an incarnation that nobody has had, and the facts', async () => {
    await b.enter('one');
    assert.deepEqual(b.toProcesses, [
      {
        type: 'welcome',
        run,
        process: 'one',
        life: 'a',
        epoch: 1,
        protocol: 1,
        workers: [
          { worker: 0, incarnation: 1 },
          { worker: 1, incarnation: 8 },
        ],
        wanting: 0,
        deadAfter: 5,
        ...facts,
      },
    ]);
    assert.deepEqual(b.told.at(-1)?.workers, [0, 1]);
    await b.enter('one');
    assert.deepEqual(b.toProcesses[1], b.toProcesses[0]);
    assert.equal(b.told.length, 1);
  });

  it('welcomes one for which nothing is free with nothing, and again when something is', async () => {
    await b.enter('one', 'a', 4);
    await b.enter('two', 'a', 1);
    const first = b.last('two');
    assert.ok(first?.type === 'welcome' && first.workers.length === 0 && first.wanting === 1);
    assert.equal(b.told.at(-1)?.event, 'waiting');
    await b.send({ type: 'leave', run, process: 'one', life: 'a', reason: 'SIGTERM', returns: false });
    const second = b.last('two');
    assert.ok(second?.type === 'welcome' && second.workers.length === 1 && second.wanting === 0);
  });

  it('tells the server which workers are lost when a process leaves', async () => {
    await b.enter('one');
    await b.send({ type: 'leave', run, process: 'one', life: 'a', reason: 'SIGTERM', returns: false });
    assert.deepEqual(b.toServer, [
      { type: 'workers-lost', workers: [0, 1], reason: 'process one: SIGTERM', returns: false },
    ]);
    assert.equal(b.seats.of(0), null);
  });

  it('takes a process that is silent for dead, all its workers together, and one that is heard not', async () => {
    await b.enter('one');
    await b.enter('two');
    await pass(7, 'two');
    assert.deepEqual(b.toServer, [
      { type: 'workers-lost', workers: [0, 1], reason: 'process one: not heard for 6.0 s', returns: false },
    ]);
    await alive('one');
    const answer = b.last('one');
    assert.ok(answer?.type === 'refuse' && answer.again);
  });

  it('does not take its own pause, or a lost connection, for the silence of others', async () => {
    await b.enter('one');
    b.status$.next({ type: 'disconnected', detail: '' });
    await pass(20);
    b.status$.next({ type: 'connected', detail: '' });
    await pass(4);
    assert.deepEqual(b.toServer, []);
    await pass(2);
    assert.equal(b.toServer.length, 1);
  });

  it('loses the workers of a life that another one replaces, and sends the old one away for good', async () => {
    await b.enter('one', 'a');
    await b.enter('one', 'b');
    assert.deepEqual(b.toServer, [
      { type: 'workers-lost', workers: [0, 1], reason: 'process one entered again', returns: true },
    ]);
    await alive('one', 'a');
    const answer = b.last('one');
    assert.ok(answer?.type === 'refuse' && !answer.again && answer.life === 'a');
    assert.match(answer.reason, /another program has entered as "one"/);
  });

  it('says both versions to a process that speaks another one', async () => {
    const other = { type: 'enter', run, process: 'one', life: 'a', protocol: 9, slots: 1 } as const;
    await b.send({ ...other, version: '9.0.0', backend: 'wasm' });
    const answer = b.last('one');
    assert.ok(answer?.type === 'refuse' && !answer.again);
    assert.match(answer.reason, /version 9 .* this server version 1: run the same version/);
    assert.equal(b.told.at(-1)?.event, 'refused');
    assert.equal(b.seats.of(0), null);
  });

  it('hears of the end of a process from its supervisor at once, and keeps its numbers if it returns', async () => {
    await b.enter('one');
    b.lobby.tell({ type: 'ended', process: 'one', reason: 'was killed by SIGKILL', returns: true });
    await harness.clock.settle();
    assert.deepEqual(b.toServer, [
      { type: 'workers-lost', workers: [0, 1], reason: 'process one: was killed by SIGKILL', returns: true },
    ]);
    await b.enter('two', 'a', 4);
    const welcome = b.last('two');
    assert.ok(welcome?.type === 'welcome');
    assert.deepEqual(
      welcome.workers.map(({ worker }) => worker),
      [2, 3],
    );
  });

  it('announces its server every heartbeat, and at once to another that asks', async () => {
    await harness.clock.advance(3);
    assert.deepEqual(b.announced[0], { type: 'announce', run, epoch: 1, protocol: 1, server: 'me' });
    assert.equal(b.announced.length, 4);
    const header = { type: 'announce', run, epoch: 0, protocol: 1, server: 'other' } as const;
    await b.transport.send(announceSubject(run), { header, tensor: null });
    await harness.clock.settle();
    assert.equal(b.announced.at(-1)?.server, 'me');
  });

  it('ends its server where another one leads the same run, of a higher epoch or a lower token', async () => {
    const announce = async (epoch: number, server: string): Promise<void> => {
      const header = { type: 'announce', run, epoch, protocol: 1, server } as const;
      await b.transport.send(announceSubject(run), { header, tensor: null });
      await harness.clock.settle();
    };
    await announce(1, 'yonder');
    assert.equal(harness.failures.length, 0);
    await announce(1, 'here');
    const [failure] = harness.failures.splice(0);
    assert.match(String(failure?.error), /another server leads run "test" \(its epoch is 1, here it is 1\)/);
  });

  it('says again and again that the run is over until everybody has left', async () => {
    await b.enter('one');
    await b.enter('two');
    let gone = 0;
    const end = { status: 'finished', reason: '5 rounds' } as const;
    b.lobby.tell({ type: 'over', end, gone: () => (gone += 1) });
    await harness.clock.advance(1);
    const ends = b.toProcesses.filter(({ type }) => type === 'end');
    assert.ok(ends.length >= 4);
    await b.send({ type: 'leave', run, process: 'one', life: 'a', reason: 'over', returns: false });
    assert.equal(gone, 0);
    await b.send({ type: 'leave', run, process: 'two', life: 'a', reason: 'over', returns: false });
    assert.equal(gone, 1);
    assert.deepEqual(b.toServer, []);
    await b.enter('three');
    assert.equal(b.last('three')?.type, 'end');
  });
});
