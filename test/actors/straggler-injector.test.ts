import assert from 'node:assert/strict';
import {
  InjectedCrash,
  stragglerInjector,
  type StragglerInjectorMessage,
} from '../../actors/straggler-injector.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes, type TaskTimesOptions } from '../../src/stragglers/task-times.js';
import { type ActorHarness, createActorHarness } from '../support/actor-harness.js';

describe('StragglerInjector', () => {
  let harness: ActorHarness;
  beforeEach(() => {
    harness = createActorHarness();
  });
  afterEach(() => harness.system.stop());

  function bench(law: string, options: Partial<TaskTimesOptions> = {}) {
    const taskTimes = createTaskTimes(parseStraggler(law), { workers: 3, seed: 5, ...options });
    const crashed: [number, unknown][] = [];
    const workers = new Map([
      [0, { crash: (error: unknown) => crashed.push([0, error]) > 0 }],
      [2, { crash: () => false }],
    ]);
    const injector = harness.system.spawn(stragglerInjector({ taskTimes, workers: () => workers }));
    const ask = <Answer>(make: (reply: (answer: Answer) => void) => StragglerInjectorMessage) =>
      injector.ask(make, 1);
    /** Of a task that began so many seconds ago and took so many to compute. */
    const delay = (worker: number, attempt: number, computeTime: number, sinceStart = computeTime) => {
      const startedAt = harness.clock.now() - sinceStart;
      return ask<number>((reply) => ({ type: 'delay', worker, attempt, computeTime, startedAt, reply }));
    };
    const crash = (worker: number) => ask<boolean>((reply) => ({ type: 'crash', worker, reply }));
    return { taskTimes, delay, crash, crashed };
  }

  it('holds an update back until the time drawn for its task has passed, and no longer', async () => {
    const { delay } = bench('constant:mean=5');
    assert.equal(await delay(0, 1, 0.5), 4.5);
    assert.equal(await delay(1, 7, 8), 0);
  });

  it('counts the wait for a thread towards the drawn time', async () => {
    const { delay } = bench('constant:mean=5');
    assert.equal(await delay(0, 1, 0.5, 4), 1);
    assert.equal(await delay(0, 1, 0.5, 6), 0);
  });

  it('leaves tasks alone where there is no law', async () => {
    const { delay } = bench('none');
    assert.equal(await delay(0, 1, 0.25), 0);
  });

  it('lengthens the tasks of slowed workers, and of them only', async () => {
    const { delay } = bench('constant:mean=5', { slowdown: { 1: 3 } });
    assert.deepEqual([await delay(0, 1, 1), await delay(1, 1, 1), await delay(1, 1, 6)], [4, 14, 12]);
  });

  it('lengthens the computing of a slowed worker however long it waited for a thread', async () => {
    const { delay } = bench('none', { slowdown: { 1: 3 } });
    assert.equal(await delay(1, 1, 2, 100), 4);
  });

  it('goes by the time of (worker, attempt), in whatever order it is asked', async () => {
    const { taskTimes, delay } = bench('exponential:mean=2');
    const asked = [await delay(2, 4, 0), await delay(0, 1, 0), await delay(2, 4, 0)];
    const [late, first, again] = asked;
    assert.equal(late, again);
    assert.notEqual(late, first);
    assert.deepEqual([late, first], [taskTimes.taskTime(2, 4), taskTimes.taskTime(0, 1)]);
  });

  it('crashes the worker that it is told to, and says whether there was one to crash', async () => {
    const { crash, crashed } = bench('none');
    assert.equal(await crash(0), true);
    assert.deepEqual(
      crashed.map(([worker, error]) => [worker, error instanceof InjectedCrash]),
      [[0, true]],
    );
    assert.equal(await crash(2), false, 'between two lives');
    assert.equal(await crash(9), false, 'no such worker');
    assert.equal(crashed.length, 1);
  });
});
