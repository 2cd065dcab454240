/**
 * Faults of nact 7.6.2 that would break the promises of this project: what it does not have at all. Each test shows one of them, so
 * that we notice when a later nact mends it, and then that an actor of ours in the same situation is not hit.
 */
import assert from 'node:assert/strict';
import nact from 'nact';
import { createActorHarness, restartAfter, settleNact } from '../support/actor-harness.js';

describe('nact faults: what it lacks', () => {
  it('nact: an actor that always crashes is reset without limit and without delay', async () => {
    let crashes = 0;
    const ref = nact.spawn(
      nact.start(),
      () => {
        throw new Error('always');
      },
      'a',
      {
        onCrash: (_message, _error, context) => {
          crashes++;
          return context.reset;
        },
      },
    );
    for (let message = 0; message < 1000; message++) nact.dispatch(ref, message);
    await settleNact();
    assert.equal(crashes, 1000);
  });

  it('ours: it is restarted with backoff, as often as allowed, and then given up', async () => {
    const { clock, system, failures } = createActorHarness();
    const starts: number[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      restart: restartAfter(2, 3),
      start: ({ now, self }) => {
        starts.push(now());
        self.tell('crash');
        return {
          receive() {
            throw new Error('always');
          },
        };
      },
      onGivenUp: () => undefined,
    });
    await clock.advance(1000);
    assert.deepEqual(starts, [0, 2, 4, 6]);
    assert.deepEqual(
      failures.map(({ action }) => action),
      ['restarting', 'restarting', 'restarting', 'given-up'],
    );
    assert.equal((await ref.terminated).type, 'given-up');
  });

  it('nact: stopping a parent leaves its children running, and never tells them', async () => {
    const handled: string[] = [];
    let afterStops = 0;
    const parent = nact.spawn(nact.start(), () => undefined, 'parent');
    const child = nact.spawn(parent, (_: undefined, message: string) => void handled.push(message), 'child', {
      afterStop: () => void afterStops++,
    });
    for (const message of ['a', 'b']) nact.dispatch(child, message);
    nact.stop(parent);
    await settleNact();
    assert.deepEqual({ handled, afterStops }, { handled: ['a', 'b'], afterStops: 0 });
  });

  it('ours: children end before their parent, to the last grandchild', async () => {
    const { clock, system } = createActorHarness();
    const order: string[] = [];
    const parent = system.spawn<null>({
      name: 'parent',
      start: ({ spawn }) => {
        spawn<null>({
          name: 'child',
          start: (child) => {
            child.spawn<null>({
              name: 'grandchild',
              start: ({ path }) => ({ receive: () => undefined, stopped: () => void order.push(path) }),
            });
            return { receive: () => undefined, stopped: () => void order.push(child.path) };
          },
        });
        return { receive: () => undefined, stopped: () => void order.push('parent') };
      },
    });
    await clock.settle();
    await parent.stop();
    assert.deepEqual(order, ['parent.child.grandchild', 'parent.child', 'parent']);
  });
});
