/** One life after the other: fresh state, the next number, and nothing of the dead one reaches the living. */
import assert from 'node:assert/strict';
import type { Recipient } from '../../actors/supervision.js';
import { createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';

describe('supervision: incarnations', () => {
  it('starts each incarnation with fresh state and the next number', async () => {
    const { clock, system } = createActorHarness();
    const seen: string[] = [];
    const ref = system.spawn<string>({
      name: 'counter',
      restart: restartAfter(1),
      firstIncarnation: 5,
      start: ({ incarnation }) => {
        let count = 0;
        return {
          receive(message) {
            seen.push(`${incarnation}: ${++count}`);
            if (message === 'crash') throw new Error('asked to');
          },
        };
      },
    });
    ref.tell('count');
    ref.tell('crash');
    await clock.advance(1);
    ref.tell('count');
    await clock.settle();
    assert.deepEqual(seen, ['5: 1', '5: 2', '6: 1']);
    assert.equal(ref.incarnation(), 6);
  });

  it('drops what waited for the incarnation that crashed, and what comes before the next: dead letters', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const handled: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive(message) {
          handled.push(message);
          if (message === 'crash') throw new Error('asked to');
        },
      }),
    });
    ref.tell('crash');
    ref.tell('waits');
    await clock.settle();
    ref.tell('between');
    await clock.advance(1);
    ref.tell('after');
    await clock.settle();
    assert.deepEqual(handled, ['crash', 'after']);
    assert.deepEqual(deadLetters, [
      { to: 'a', message: 'waits', reason: 'ended' },
      { to: 'a', message: 'between', reason: 'between-incarnations' },
    ]);
  });

  it('fences what a dead incarnation tells itself', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const compute = deferred<string>();
    const received: string[] = [];
    const selves: Recipient<string>[] = [];
    const ref = system.spawn<string>({
      name: 'worker',
      restart: restartAfter(1),
      start: ({ self, incarnation, pipe }) => {
        selves.push(self);
        if (incarnation === 1)
          pipe(
            compute.promise,
            (value) => value,
            () => 'failed',
          );
        return { receive: (message) => void received.push(`${incarnation}: ${message}`) };
      },
    });
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.advance(1);
    assert.equal(ref.incarnation(), 2);
    compute.resolve('delta of the first life');
    selves[0]?.tell('from the first life');
    selves[1]?.tell('from the second life');
    await clock.settle();
    assert.deepEqual(received, ['2: from the second life']);
    assert.deepEqual(deadLetters.map(({ message, reason }) => `${String(message)}: ${reason}`).sort(), [
      'delta of the first life: stale-self',
      'from the first life: stale-self',
    ]);
  });

  it('lets the running handler end, then the children, then stopped, before the next incarnation starts', async () => {
    const { clock, system } = createActorHarness();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(0),
      start: ({ spawn, incarnation, signal }) => {
        log.push(`start ${incarnation}`);
        spawn<null>({
          name: 'child',
          start: () => ({
            receive: () => undefined,
            stopped: ({ type }) => void log.push(`child ${incarnation} ${type}`),
          }),
        });
        return {
          async receive() {
            await gate.promise;
            log.push(`handler of ${incarnation} ends, aborted: ${signal.aborted}`);
          },
          stopped: (reason) => void log.push(`stopped ${incarnation} ${reason.type}`),
        };
      },
    });
    ref.tell(null);
    await clock.settle();
    assert.equal(ref.crash(new Error('asked to')), true);
    assert.equal(ref.crash(new Error('again')), false);
    await clock.advance(10);
    assert.deepEqual(log, ['start 1']);
    gate.resolve();
    await clock.advance(0);
    assert.deepEqual(log, [
      'start 1',
      'handler of 1 ends, aborted: true',
      'child 1 stopped',
      'stopped 1 crashed',
      'start 2',
    ]);
  });

  it('takes a start that throws for a crash, with backoff', async () => {
    const { clock, system, failures } = createActorHarness();
    const handled: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      restart: restartAfter(2),
      start: ({ incarnation }) => {
        if (incarnation < 3) throw new Error(`no luck ${incarnation}`);
        return { receive: (message) => void handled.push(message) };
      },
    });
    await clock.advance(4);
    ref.tell('at last');
    await clock.settle();
    assert.deepEqual(
      failures.map(({ time, incarnation, action }) => ({ time, incarnation, action })),
      [
        { time: 0, incarnation: 1, action: 'restarting' },
        { time: 2, incarnation: 2, action: 'restarting' },
      ],
    );
    assert.deepEqual(handled, ['at last']);
  });

  it('reports an error of the last handler or of stopped, and goes on', async () => {
    const { clock, system, failures } = createActorHarness();
    const gate = deferred();
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive: () => gate.promise,
        stopped: () => Promise.reject(new Error('in stopped')),
      }),
    });
    ref.tell(null);
    await clock.settle();
    const stopped = ref.stop();
    gate.reject(new Error('in the last handler'));
    await stopped;
    assert.deepEqual(
      failures.map(({ action, error }) => `${action}: ${String(error)}`),
      ['already-ended: Error: in the last handler', 'already-ended: Error: in stopped'],
    );
    assert.deepEqual(await ref.terminated, { type: 'stopped' });
  });
});
