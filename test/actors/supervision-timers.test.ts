/** What reaches an actor later: its timers and the outcome of its promises, both only while the incarnation lives. */
import assert from 'node:assert/strict';
import type { ActorContext } from '../../actors/supervision.js';
import { createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';

describe('supervision: timers', () => {
  /** Runs `act` in a fresh actor and gives back what it is told, with the time. */
  function spawnTimed(act: (context: ActorContext<string>) => void) {
    const harness = createActorHarness();
    const told: string[] = [];
    const ref = harness.system.spawn<string>({
      name: 'a',
      restart: restartAfter(100),
      start: (context) => {
        if (context.incarnation === 1) act(context);
        return { receive: (message) => void told.push(`${message} at ${context.now()}`) };
      },
    });
    return { ...harness, ref, told };
  }

  it('tells a message after a while, unless cancelled', async () => {
    const { clock, told } = spawnTimed(({ after }) => {
      after(2, 'kept');
      after(1, 'cancelled')();
    });
    await clock.advance(3);
    assert.deepEqual(told, ['kept at 2']);
  });

  it('tells a message again and again until cancelled', async () => {
    const { clock, system } = createActorHarness();
    const times: number[] = [];
    system.spawn<null>({
      name: 'a',
      start: ({ every, now }) => {
        const cancel = every(1, null);
        return {
          receive() {
            if (times.push(now()) === 3) cancel();
          },
        };
      },
    });
    await clock.advance(10);
    assert.deepEqual(times, [1, 2, 3]);
    assert.equal(clock.pending(), 0);
  });

  it('leaves out ticks while one still waits in the mailbox', async () => {
    const { clock, system } = createActorHarness();
    const gate = deferred();
    let ticks = 0;
    const ref = system.spawn<'tick' | 'block'>({
      name: 'busy',
      start: ({ every }) => {
        every(1, 'tick');
        return { receive: (message) => (message === 'tick' ? void ticks++ : gate.promise) };
      },
    });
    ref.tell('block');
    await clock.advance(10.5);
    gate.resolve();
    await clock.settle();
    assert.equal(ticks, 1);
    await clock.advance(1);
    assert.equal(ticks, 2);
  });

  it('cancels all timers when the incarnation ends', async () => {
    const { clock, ref, told } = spawnTimed(({ after, every }) => {
      after(5, 'once');
      every(5, 'tick');
    });
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.settle();
    assert.equal(clock.pending(), 1, 'the backoff only');
    await clock.advance(200);
    assert.deepEqual(told, []);
  });

  it('refuses a period of 0, which would stop time', async () => {
    const { clock, failures } = spawnTimed(({ every }) => void every(0, 'tick'));
    await clock.settle();
    assert.match(String(failures[0]?.error), /period must be more than 0/);
  });
});

describe('supervision: promises', () => {
  it('tells the outcome, resolved or rejected, without holding up the mailbox', async () => {
    const { clock, system } = createActorHarness();
    const [good, bad] = [deferred<number>(), deferred<number>()];
    const told: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      start: ({ pipe }) => {
        for (const { promise } of [good, bad]) {
          pipe(
            promise,
            (value) => `value ${value}`,
            (error) => String(error),
          );
        }
        return { receive: (message) => void told.push(message) };
      },
    });
    ref.tell('meanwhile');
    await clock.settle();
    good.resolve(7);
    bad.reject(new Error('no'));
    await clock.settle();
    assert.deepEqual(told, ['meanwhile', 'value 7', 'Error: no']);
  });

  it('crashes the actor if the outcome cannot be made into a message', async () => {
    const { clock, system, failures } = createActorHarness();
    system.spawn<string>({
      name: 'a',
      restart: restartAfter(1),
      start: ({ pipe, incarnation }) => {
        const unmakeable = (): string => {
          throw new Error('no message');
        };
        if (incarnation === 1) pipe(Promise.resolve(), unmakeable, unmakeable);
        return { receive: () => undefined };
      },
    });
    await clock.settle();
    assert.deepEqual(
      failures.map(({ action, error }) => `${action}: ${String(error)}`),
      ['restarting: Error: no message'],
    );
  });
});
