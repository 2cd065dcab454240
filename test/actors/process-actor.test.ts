import assert from 'node:assert/strict';
import { processActor, ProcessEnded } from '../../actors/process-actor.js';
import { type ActorHarness, createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';

describe('process actor', () => {
  let harness: ActorHarness;
  beforeEach(() => {
    harness = createActorHarness();
  });
  afterEach(() => harness.system.stop());

  /** Starts a process that the test ends; it comes back after 2 s, at most twice within 60 s. */
  async function bench() {
    let done = false;
    const lives: { readonly end: (how: string) => Promise<void>; stopped: number }[] = [];
    const givenUp: unknown[] = [];
    const ref = harness.system.spawn(
      processActor({
        process: 'one',
        restart: restartAfter(2, 2),
        isDone: () => done,
        onGivenUp: (error) => givenUp.push(error),
        start() {
          const { promise, resolve } = deferred<string>();
          const end = async (how: string): Promise<void> => {
            resolve(how);
            await harness.clock.settle();
          };
          const life = { end, stopped: 0 };
          lives.push(life);
          return {
            ended: promise,
            async stop() {
              life.stopped += 1;
            },
          };
        },
      }),
    );
    await harness.clock.settle();
    return { ref, lives, givenUp, finish: () => (done = true) };
  }

  it('starts a process again that has ended, after the backoff', async () => {
    const { lives } = await bench();
    await lives[0]?.end('was killed by SIGKILL');
    assert.equal(lives.length, 1);
    await harness.clock.advance(2);
    assert.equal(lives.length, 2);
    const [failure] = harness.failures;
    assert.ok(failure?.error instanceof ProcessEnded);
    assert.equal(failure.error.message, 'was killed by SIGKILL');
    assert.equal(failure.action, 'restarting');
  });

  it('gives it up when its restarts are used up', async () => {
    const { lives, givenUp } = await bench();
    for (const end of [0, 1, 2]) {
      await lives[end]?.end('ended with exit code 1');
      await harness.clock.advance(2);
    }
    assert.equal(lives.length, 3);
    assert.equal(givenUp.length, 1);
    assert.equal(harness.failures.at(-1)?.action, 'given-up');
  });

  it('ends with its process when there is nothing left to do', async () => {
    const { ref, lives, finish } = await bench();
    finish();
    await lives[0]?.end('ended with exit code 0');
    assert.deepEqual(await ref.terminated, { type: 'stopped' });
    assert.deepEqual(harness.failures, []);
  });

  it('ends its process when it is stopped, and starts none any more', async () => {
    const { ref, lives } = await bench();
    await ref.stop();
    assert.equal(lives[0]?.stopped, 1);
    await harness.clock.advance(10);
    assert.equal(lives.length, 1);
    assert.deepEqual(harness.failures, []);
  });
});
