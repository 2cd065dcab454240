import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  backoffSeconds,
  EscalatedError,
  type ActorFailure,
  type Backoff,
  type RestartPolicy,
  type Termination,
} from '../../actors/supervision.js';
import { checkRestartPolicy, decideRestart } from '../../actors/supervision/restart-policy.js';
import { createActorHarness, restartAfter } from '../support/actor-harness.js';

const crashing = (restart?: RestartPolicy) => ({
  name: 'a',
  ...(restart === undefined ? {} : { restart }),
  start: () => ({
    receive(message: string) {
      throw new Error(message);
    },
  }),
});

describe('restart policy', () => {
  const backoff: Backoff = { initialSeconds: 1, maxSeconds: 10, factor: 2, jitter: 0.5 };
  const policy: RestartPolicy = { maxRestarts: 3, windowSeconds: 60, backoff, random: () => 1 };

  it('doubles the delay up to its limit, less the jitter', () => {
    const delays = [0, 1, 2, 3, 4, 5].map((restarts) => backoffSeconds(backoff, restarts, 0));
    assert.deepEqual(delays, [1, 2, 4, 8, 10, 10]);
    assert.equal(backoffSeconds(backoff, 1, 1), 1);
    assert.equal(backoffSeconds(backoff, 1, 0.5), 1.5);
  });

  it('stays finite after any number of restarts', () => {
    assert.equal(backoffSeconds(backoff, 1e6, 0), 10);
    assert.equal(backoffSeconds({ ...backoff, initialSeconds: 0, maxSeconds: 0 }, 1e6, 0), 0);
  });

  it('counts only restarts within the window, and gives up at the limit', () => {
    assert.deepEqual(decideRestart(policy, [], 100), {
      action: 'restarting',
      delaySeconds: 0.5,
      restartsInWindow: 0,
    });
    assert.deepEqual(decideRestart(policy, [10, 41, 42, 90], 100), {
      action: 'given-up',
      delaySeconds: 0,
      restartsInWindow: 3,
    });
    assert.deepEqual(decideRestart(policy, [10, 41, 42, 90], 101), {
      action: 'restarting',
      delaySeconds: 1 * 2 ** 2 * 0.5,
      restartsInWindow: 2,
    });
  });

  it('draws delays between (1 − jitter) · d and d', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.double({ min: 0, max: 1, noNaN: true }), (restarts, draw) => {
        const delay = backoffSeconds(backoff, restarts, draw);
        const full = backoffSeconds(backoff, restarts, 0);
        return delay <= full && delay >= 0.5 * full;
      }),
    );
  });

  it('names the field that is wrong', () => {
    const wrong: [string, RestartPolicy][] = [
      ['maxRestarts', { ...policy, maxRestarts: -1 }],
      ['maxRestarts', { ...policy, maxRestarts: 1.5 }],
      ['windowSeconds', { ...policy, windowSeconds: 0 }],
      ['backoff.initialSeconds', { ...policy, backoff: { ...backoff, initialSeconds: Number.NaN } }],
      ['backoff.maxSeconds', { ...policy, backoff: { ...backoff, maxSeconds: 0.5 } }],
      ['backoff.maxSeconds', { ...policy, backoff: { ...backoff, maxSeconds: Infinity } }],
      ['backoff.factor', { ...policy, backoff: { ...backoff, factor: 0.5 } }],
      ['backoff.jitter', { ...policy, backoff: { ...backoff, jitter: 1.1 } }],
    ];
    checkRestartPolicy(policy);
    for (const [field, bad] of wrong) assert.throws(() => checkRestartPolicy(bad), { code: 'CONFIG', field });
    const { system } = createActorHarness();
    assert.throws(() => system.spawn(crashing({ ...policy, maxRestarts: -1 })), { field: 'maxRestarts' });
  });
});

describe('supervision: restarts', () => {
  it('tells each crash with its incarnation, delay and place in the window', async () => {
    const { clock, system, failures } = createActorHarness();
    const ref = system.spawn({
      ...crashing({
        maxRestarts: 3,
        windowSeconds: 60,
        backoff: { initialSeconds: 1, maxSeconds: 10, factor: 2, jitter: 0 },
        random: () => 0,
      }),
      onGivenUp: () => undefined,
    });
    const summary = ({ incarnation, action, delaySeconds, restartsInWindow, time }: ActorFailure) => ({
      incarnation,
      action,
      delaySeconds,
      restartsInWindow,
      time,
    });
    for (let crash = 0; crash < 4; crash++) {
      ref.tell('no');
      await clock.advance(10);
    }
    assert.deepEqual(failures.map(summary), [
      { incarnation: 1, action: 'restarting', delaySeconds: 1, restartsInWindow: 0, time: 0 },
      { incarnation: 2, action: 'restarting', delaySeconds: 2, restartsInWindow: 1, time: 10 },
      { incarnation: 3, action: 'restarting', delaySeconds: 4, restartsInWindow: 2, time: 20 },
      { incarnation: 4, action: 'given-up', delaySeconds: 0, restartsInWindow: 3, time: 30 },
    ]);
  });

  it('forgets restarts that have left the window', async () => {
    const { clock, system, failures } = createActorHarness();
    const ref = system.spawn(crashing(restartAfter(1, 1, 60)));
    for (let crash = 0; crash < 5; crash++) {
      ref.tell('no');
      await clock.advance(62);
    }
    assert.deepEqual(
      failures.map(({ action }) => action),
      Array(5).fill('restarting'),
    );
  });

  it('gives up at the first crash where no policy was given', async () => {
    const { system } = createActorHarness();
    const given: ActorFailure[] = [];
    const ref = system.spawn({ ...crashing(), onGivenUp: (failure) => void given.push(failure) });
    ref.tell('no');
    const termination = await ref.terminated;
    assert.equal(termination.type, 'given-up');
    assert.deepEqual(
      given.map(({ path, action }) => ({ path, action })),
      [{ path: 'a', action: 'given-up' }],
    );
    assert.throws(() => {
      throw given[0]?.error;
    }, /^Error: no$/);
  });

  it('crashes the parent of a child that is given up, by the policy of the parent', async () => {
    const { clock, system, failures } = createActorHarness();
    const parent = system.spawn<string>({
      name: 'parent',
      restart: restartAfter(1),
      start: ({ spawn }) => {
        const child = spawn(crashing());
        return { receive: (message) => child.tell(message) };
      },
    });
    parent.tell('no');
    await clock.advance(1);
    assert.deepEqual(
      failures.map(({ path, action }) => `${path} ${action}`),
      ['parent.a given-up', 'parent restarting'],
    );
    const [first, second] = failures;
    assert.ok(second?.error instanceof EscalatedError);
    assert.equal(second.error.failure, first);
    assert.equal(second.error.cause, first?.error);
    assert.match(second.error.message, /parent\.a has used up its restarts: no/);
    assert.equal(parent.incarnation(), 2);
  });

  it('stops the whole system when an actor at the top is given up and nobody takes it', async () => {
    const { clock, system } = createActorHarness();
    const other = system.spawn({
      name: 'other',
      start: ({ every }) => {
        every(1, null);
        return { receive: () => undefined };
      },
    });
    system.spawn(crashing()).tell('no');
    await clock.settle();
    const termination = await system.terminated;
    assert.equal(termination.type === 'given-up' && termination.failure.path, 'a');
    assert.deepEqual(await other.terminated, { type: 'stopped' });
    assert.equal(clock.pending(), 0);
  });

  it('does not lose the giving up when stop comes during the winding up', async () => {
    const { system } = createActorHarness();
    const given: ActorFailure[] = [];
    const ref = system.spawn({ ...crashing(), onGivenUp: (failure) => void given.push(failure) });
    ref.crash(new Error('asked to'));
    await ref.stop();
    assert.equal(given.length, 1);
  });
});

describe('supervision: death watch', () => {
  it('tells the watcher how the watched ended: not at a restart, but for good', async () => {
    const { clock, system } = createActorHarness();
    const seen: Termination['type'][] = [];
    const watched = system.spawn({ ...crashing(restartAfter(1, 1)), onGivenUp: () => undefined });
    system.spawn<Termination>({
      name: 'watcher',
      start: ({ watch }) => {
        watch(watched, (termination) => termination);
        return { receive: ({ type }) => void seen.push(type) };
      },
    });
    watched.tell('no');
    await clock.advance(1);
    assert.deepEqual(seen, []);
    watched.tell('no');
    await clock.settle();
    assert.deepEqual(seen, ['given-up']);
  });

  it('tells at once of an actor that is already over', async () => {
    const { clock, system } = createActorHarness();
    const watched = system.spawn(crashing());
    await watched.stop();
    const seen: Termination[] = [];
    system.spawn<Termination>({
      name: 'watcher',
      start: ({ watch }) => {
        watch(watched, (termination) => termination);
        return { receive: (termination) => void seen.push(termination) };
      },
    });
    await clock.settle();
    assert.deepEqual(seen, [{ type: 'stopped' }]);
  });

  it('ends with unwatch, and with the incarnation that watched', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const watched = system.spawn(crashing());
    const seen: string[] = [];
    const watcher = system.spawn<string>({
      name: 'watcher',
      restart: restartAfter(1),
      start: ({ watch, incarnation }) => {
        watch(watched, () => `unwatched ${incarnation}`)();
        if (incarnation === 1) watch(watched, () => 'watched by the first life');
        return { receive: (message) => void seen.push(message) };
      },
    });
    await clock.settle();
    watcher.crash(new Error('asked to'));
    await clock.advance(1);
    await watched.stop();
    await clock.settle();
    assert.deepEqual(seen, []);
    assert.deepEqual(deadLetters, []);
  });
});
