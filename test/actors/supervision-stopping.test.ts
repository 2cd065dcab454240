/** How actors and whole systems end: the running handler first, then the actor's own hook, and nobody comes back. */
import assert from 'node:assert/strict';
import { createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';

describe('supervision: stopping', () => {
  it('resolves when the running handler has ended and stopped has run; what waits becomes dead letters', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<string>({
      name: 'a',
      start: () => ({
        async receive() {
          await gate.promise;
          log.push('handler ended');
        },
        stopped: (reason) => void log.push(`hook: ${reason.type}`),
      }),
    });
    ref.tell('running');
    ref.tell('waiting');
    await clock.settle();
    const stopped = ref.stop().then(() => log.push('stop resolved'));
    ref.tell('late');
    await clock.settle();
    assert.deepEqual(log, []);
    gate.resolve();
    await stopped;
    assert.deepEqual(log, ['handler ended', 'hook: stopped', 'stop resolved']);
    assert.deepEqual(
      deadLetters.map(({ message, reason }) => `${String(message)}: ${reason}`),
      ['late: stopped', 'waiting: ended'],
    );
    await ref.stop();
  });

  it('ends an actor that asks for it itself', async () => {
    const { system } = createActorHarness();
    const ref = system.spawn<null>({
      name: 'a',
      start: ({ stop }) => ({ receive: () => stop() }),
    });
    ref.tell(null);
    assert.deepEqual(await ref.terminated, { type: 'stopped' });
  });

  it('ends an actor during its backoff: it does not come back', async () => {
    const { clock, system } = createActorHarness();
    let starts = 0;
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(5),
      start: () => {
        starts++;
        return { receive: () => undefined };
      },
    });
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.advance(1);
    await ref.stop();
    await clock.advance(10);
    assert.equal(starts, 1);
    assert.equal(clock.pending(), 0);
  });

  it('ends an actor that crashed but whose handler still runs: it does not come back', async () => {
    const { clock, system } = createActorHarness();
    const gate = deferred();
    let starts = 0;
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(0),
      start: () => {
        starts++;
        return { receive: () => gate.promise };
      },
    });
    ref.tell(null);
    await clock.settle();
    ref.crash(new Error('asked to'));
    const stopped = ref.stop();
    gate.resolve();
    await stopped;
    await clock.advance(10);
    assert.equal(starts, 1);
  });

  it('runs stopped also when the actor is ended while start is still waiting, so that nothing stays open', async () => {
    const { clock, system } = createActorHarness();
    const opening = deferred();
    let open = 0;
    const ref = system.spawn<null>({
      name: 'a',
      start: async () => {
        await opening.promise;
        open++;
        return { receive: () => undefined, stopped: () => void open-- };
      },
    });
    await clock.settle();
    const stopped = ref.stop();
    opening.resolve();
    await stopped;
    assert.equal(open, 0);
  });

  it('stops the whole system: all handlers ended, no timer pending, no new actor', async () => {
    const { clock, system } = createActorHarness();
    const gate = deferred();
    let handlers = 0;
    for (const name of ['a', 'b', 'c']) {
      const ref = system.spawn<null>({
        name,
        restart: restartAfter(5),
        start: ({ every, after }) => {
          every(1, null);
          after(100, null);
          return {
            async receive() {
              handlers++;
              await gate.promise;
              handlers--;
            },
          };
        },
      });
      ref.tell(null);
      if (name === 'c') ref.crash(new Error('asked to'));
    }
    await clock.advance(2);
    let done = false;
    const stopped = system.stop().then(() => {
      done = true;
    });
    assert.throws(
      () => system.spawn({ name: 'd', start: () => ({ receive: () => undefined }) }),
      /actor system "actors" is stopped/,
    );
    await clock.settle();
    assert.equal(done, false);
    assert.equal(handlers, 2);
    gate.resolve();
    await stopped;
    assert.equal(handlers, 0);
    assert.equal(clock.pending(), 0);
    assert.deepEqual(await system.terminated, { type: 'stopped' });
    await system.stop();
  });
});
