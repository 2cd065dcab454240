/** What an actor is told and how it is found. */
import assert from 'node:assert/strict';
import type { ActorRef } from '../../actors/supervision.js';
import { createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';

describe('supervision: messages', () => {
  it('handles one message at a time and in order, also when handlers wait', async () => {
    const { clock, system } = createActorHarness();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<string>({
      name: 'slow',
      start: () => ({
        async receive(message) {
          log.push(`${message} begins`);
          if (message === 'a') await gate.promise;
          log.push(`${message} ends`);
        },
      }),
    });
    ref.tell('a');
    ref.tell('b');
    await clock.settle();
    assert.deepEqual(log, ['a begins']);
    gate.resolve();
    await clock.settle();
    assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('never handles a message inside tell', async () => {
    const { clock, system } = createActorHarness();
    let handled = 0;
    const ref = system.spawn<null>({ name: 'a', start: () => ({ receive: () => void handled++ }) });
    ref.tell(null);
    assert.equal(handled, 0);
    await clock.settle();
    assert.equal(handled, 1);
  });

  it('keeps messages that are told while start is still waiting', async () => {
    const { clock, system } = createActorHarness();
    const opened = deferred<string>();
    const log: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      start: async () => {
        const prefix = await opened.promise;
        return { receive: (message) => void log.push(prefix + message) };
      },
    });
    ref.tell('1');
    await clock.settle();
    opened.resolve('opened ');
    await clock.settle();
    assert.deepEqual(log, ['opened 1']);
  });

  it('counts what is told, handled and dead', async () => {
    const { clock, system } = createActorHarness();
    const ref = system.spawn<number>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive(message) {
          if (message === 2) throw new Error('two');
        },
      }),
    });
    for (const message of [1, 2, 3, 4]) ref.tell(message);
    await clock.settle();
    assert.deepEqual(system.counts(), { told: 4, handled: 2, deadLetters: 2 });
  });
});

describe('supervision: names', () => {
  it('refuses a name that a living sibling has, and gives it out again afterwards', async () => {
    const { system } = createActorHarness();
    const spec = { name: 'a', start: () => ({ receive: () => undefined }) };
    const first = system.spawn(spec);
    assert.throws(() => system.spawn(spec), /an actor named "a" already lives under the system/);
    await first.stop();
    assert.equal(system.spawn(spec).path, 'a');
  });

  it('refuses a name that would not be one step of a path', () => {
    const { system } = createActorHarness();
    for (const name of ['', 'a.b', 'a b', 'ü']) {
      assert.throws(() => system.spawn({ name, start: () => ({ receive: () => undefined }) }), /actor name/);
    }
  });

  it('keeps systems of one name apart', async () => {
    const [one, other] = [createActorHarness(), createActorHarness()];
    const log: string[] = [];
    const spawnIn = (harness: typeof one, label: string): ActorRef<null> =>
      harness.system.spawn({ name: 'a', start: () => ({ receive: () => void log.push(label) }) });
    const ref = spawnIn(one, 'one');
    spawnIn(other, 'other');
    ref.tell(null);
    await one.clock.settle();
    assert.deepEqual(log, ['one']);
  });
});
