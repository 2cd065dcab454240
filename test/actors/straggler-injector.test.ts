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
    const taskTime = (worker: number, attempt: number, computeTime: number, startedAt = 0) =>
      ask<number>((reply) => ({ type: 'task-time', worker, attempt, computeTime, startedAt, reply }));
    const crash = (worker: number) => ask<boolean>((reply) => ({ type: 'crash', worker, reply }));
    return { taskTimes, taskTime, crash, crashed };
  }

  it('makes a task last as long as the law says, or as long as it computed if that is more', async () => {
    const { taskTime } = bench('constant:mean=5');
    assert.equal(await taskTime(0, 1, 0.5), 5);
    assert.equal(await taskTime(1, 7, 8), 8);
  });

  it('leaves tasks alone where there is no law', async () => {
    const { taskTime } = bench('none');
    assert.equal(await taskTime(0, 1, 0.25), 0.25);
  });

  it('lengthens the tasks of slowed workers, and of them only', async () => {
    const { taskTime } = bench('constant:mean=5', { slowdown: { 1: 3 } });
    assert.deepEqual(
      [await taskTime(0, 1, 1), await taskTime(1, 1, 1), await taskTime(1, 1, 6)],
      [5, 15, 18],
    );
  });

  it('gives the time of (worker, attempt), in whatever order it is asked', async () => {
    const { taskTimes, taskTime } = bench('exponential:mean=2');
    const asked = [await taskTime(2, 4, 0), await taskTime(0, 1, 0), await taskTime(2, 4, 0)];
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
