import assert from 'node:assert/strict';
import type {
  EnterMessage,
  ToLobby,
  ToProcess,
  WelcomeMessage,
} from '../../protocols/wire/lobby-messages.js';
import type { Message } from '../../protocols/wire/messages.js';
import { announceSubject, lobbyInbox, processSubject } from '../../protocols/wire/subjects.js';
import { StalewartError } from '../../src/errors.js';
import { type LobbyEvent, openLobbyClient } from '../../src/run/lobby-client.js';
import { createLocalTransport } from '../../src/transport/local-transport.js';
import { createVirtualClock } from '../support/virtual-clock.js';

const run = 'test';

/** A client whose server is played by the test. */
async function bench() {
  const clock = createVirtualClock();
  const transport = createLocalTransport();
  const heard: ToLobby[] = [];
  (await transport.subscribe(lobbyInbox(run))).subscribe(({ header }: Message) =>
    heard.push(header as ToLobby),
  );
  const notices: string[] = [];
  const client = await openLobbyClient({
    run,
    process: 'one',
    slots: 2,
    version: '1.2.3',
    backend: 'auto',
    transport,
    clock,
    patienceSeconds: 30,
    notice: (_level, message) => notices.push(message),
  });
  const events: LobbyEvent[] = [];
  const errors: unknown[] = [];
  client.events$.subscribe({ next: (event) => events.push(event), error: (error) => errors.push(error) });
  await clock.settle();
  const lastEnter = (): EnterMessage => {
    const enter = heard.findLast((header) => header.type === 'enter');
    assert.ok(enter?.type === 'enter');
    return enter;
  };
  const tell = async (header: ToProcess): Promise<void> => {
    await transport.send(processSubject(run, 'one'), { header, tensor: null });
    await clock.settle();
  };
  const content = { name: 'x', moduleSha256: null, contentSha256: '0'.repeat(64) };
  return {
    clock,
    client,
    heard,
    notices,
    events,
    errors,
    lastEnter,
    tell,
    announce: async (server: string, epoch = 1): Promise<void> => {
      const header = { type: 'announce', run, epoch, protocol: 1, server } as const;
      await transport.send(announceSubject(run), { header, tensor: null });
      await clock.settle();
    },
    welcome: (change: Partial<WelcomeMessage> = {}) =>
      tell({
        type: 'welcome',
        run,
        process: 'one',
        life: lastEnter().life,
        epoch: 1,
        protocol: 1,
        workers: [{ worker: 0, incarnation: 1 }],
        wanting: 0,
        deadAfter: 5,
        config: { heartbeat: 2 },
        model: content,
        dataset: content,
        ...change,
      }),
    count: (type: ToLobby['type']) => heard.filter((header) => header.type === type).length,
    async close() {
      client.close();
      await transport.close();
      assert.equal(clock.pending(), 0);
    },
  };
}

describe('lobby client', () => {
  let b: Awaited<ReturnType<typeof bench>>;
  beforeEach(async () => {
    b = await bench();
  });
  afterEach(() => b.close());

  it('asks until it is welcomed, then says every heartbeat that it lives', async () => {
    await b.clock.advance(3);
    assert.equal(b.count('enter'), 4);
    await b.welcome();
    assert.equal(b.events[0]?.type, 'welcome');
    await b.clock.advance(10);
    assert.equal(b.count('enter'), 4);
    assert.equal(b.count('alive'), 5);
  });

  it('says that it waits, and asks at once when a server comes', async () => {
    await b.clock.advance(1.6);
    assert.deepEqual(b.notices, ['waiting for the server of run "test", 30 s at most']);
    const asked = b.count('enter');
    await b.announce('s1');
    assert.equal(b.count('enter'), asked + 1);
    assert.equal(b.notices.at(-1), 'the server is heard again');
  });

  it('gives up when its patience is used up, naming the run and the mend', async () => {
    await b.clock.advance(32);
    const [error] = b.errors;
    assert.ok(error instanceof StalewartError);
    assert.equal(error.exitCode, 4);
    assert.match(
      error.message,
      /no server of run "test" was heard for 30 s: start one \(stalewart server --run test\)/,
    );
    assert.doesNotMatch(error.message, /\n/);
  });

  it('has the same patience with a server that falls silent later', async () => {
    await b.welcome();
    for (let second = 0; second < 40; second += 1) {
      await b.announce('s1');
      await b.clock.advance(1);
    }
    assert.deepEqual(b.errors, []);
    await b.clock.advance(33);
    assert.equal(b.errors.length, 1);
    assert.match(b.notices.at(-1) ?? '', /waiting for the server/);
  });

  it('enters again with a new life when this one was given up', async () => {
    await b.welcome();
    const { life } = b.lastEnter();
    await b.tell({
      type: 'refuse',
      run,
      process: 'one',
      life,
      protocol: 1,
      again: true,
      reason: 'too long silent',
    });
    assert.deepEqual(b.events.at(-1), { type: 'dead', reason: 'too long silent' });
    assert.notEqual(b.lastEnter().life, life);
    await b.welcome();
    assert.equal(b.events.at(-1)?.type, 'welcome');
  });

  it('does not hear what is said to another life', async () => {
    await b.welcome({ life: 'another' });
    assert.deepEqual(b.events, []);
  });

  it('enters again when another server leads, but not for one of an older epoch', async () => {
    await b.announce('s1', 3);
    await b.welcome({ epoch: 3 });
    await b.announce('s0', 2);
    assert.equal(b.events.length, 1);
    await b.announce('s2', 4);
    assert.equal(b.events.at(-1)?.type, 'dead');
  });

  it('ends when it is refused, in one line with the server’s reason', async () => {
    const { life } = b.lastEnter();
    const refusal = { type: 'refuse', run, process: 'one', life, protocol: 2, again: false } as const;
    await b.tell({ ...refusal, reason: 'run the same version' });
    const [error] = b.errors;
    assert.ok(error instanceof StalewartError);
    assert.match(
      error.message,
      /does not take process "one" \(protocol 1 here, 2 there\): run the same version/,
    );
  });

  it('ends with the run', async () => {
    await b.welcome();
    const { life } = b.lastEnter();
    await b.tell({
      type: 'end',
      run,
      process: 'one',
      life,
      epoch: 1,
      status: 'finished',
      reason: '5 rounds',
    });
    assert.deepEqual(b.events.at(-1), { type: 'end', status: 'finished', reason: '5 rounds' });
    await b.clock.advance(100);
    assert.deepEqual(b.errors, []);
  });
});
