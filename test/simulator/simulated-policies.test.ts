/** Every policy in simulated time, without gradients; those that pause workers or limit their time to the instant. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { firstValueFrom, toArray } from 'rxjs';
import { findPolicy, modifiedNames, policyNames } from '../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../protocols/sync/settings.js';
import { simulate, type TrainOptions } from '../../src/index.js';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';
import { Simulation } from '../../src/simulator/simulation.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';

const timing = {
  compute: 'none',
  dataset: 'synthetic:examples=640,test=200,size=8,channels=1',
  model: 'mlp',
  threads: 1,
  out: false,
} as const;

/** A run to its end: its steps, and who gave something to each round, and when it closed. */
async function runOf(options: TrainOptions) {
  const run = simulate({ ...timing, ...options });
  const steps = firstValueFrom(run.steps$.pipe(toArray()));
  const summary = await run.done;
  const rounds = (await steps).flatMap(({ event, effects }) =>
    effects.flatMap((effect) =>
      effect.type === 'commit'
        ? [[event.time, ...effect.contributions.map(({ worker }) => worker)] as const]
        : [],
    ),
  );
  return { steps: await steps, summary, rounds };
}

describe('simulated run of a policy that pauses or limits', () => {
  // Workers 0 and 1 take 1, worker 2 takes 5.
  const unequal = { workers: 3, straggler: 'constant:mean=1', slowdown: '2:5' } as const;

  it('mindflayer closes each round at the limit, with those who kept it', async () => {
    const { rounds, steps } = await runOf({ ...unequal, policy: 'mindflayer', timeLimit: 2, rounds: 4 });
    assert.deepEqual(rounds, [
      [2, 0, 1],
      [4, 0, 1],
      [6, 0, 1],
      [8, 0, 1],
    ]);
    const cancels = steps.flatMap(({ effects }) => effects.filter(({ type }) => type === 'cancel'));
    assert.equal(cancels.length, 4);
  });

  it('mindflayer, where nobody keeps the limit, goes on until the run is over', async () => {
    const { steps, summary } = await runOf({
      workers: 2,
      straggler: 'exponential:mean=1',
      seed: 5,
      policy: 'mindflayer',
      timeLimit: 0.2,
      trials: 2,
      rounds: 20,
    });
    assert.equal(summary.status, 'finished');
    const given = new Map<string, number>();
    let overran = 0;
    for (const { event, effects } of steps) {
      for (const effect of effects) {
        if (effect.type === 'assign')
          given.set(`${effect.worker}.${effect.incarnation}.${effect.attempt}`, event.time);
        if (effect.type === 'cancel' && event.type === 'deadline-passed') overran += 1;
      }
      if (event.type !== 'update-arrived' || !effects.some(({ type }) => type === 'accumulate')) continue;
      const took = event.time - (given.get(event.updateId) ?? NaN);
      assert.ok(took <= 0.2 + 1e-9, `${event.updateId} took ${took}`);
    }
    assert.ok(overran > 50, `${overran} overran`);
  });

  it('ssp: the fast wait for the slow, to the instant', async () => {
    const { rounds } = await runOf({ ...unequal, policy: 'ssp', maxStaleness: 2, rounds: 12 });
    // Three updates ahead at 3: they wait until the slow one gives its first at 5, then have one more each.
    assert.deepEqual(rounds, [
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [3, 0],
      [3, 1],
      [5, 2],
      [6, 0],
      [6, 1],
      [10, 2],
      [11, 0],
      [11, 1],
    ]);
  });

  it('ringleader: every step has something of everybody', async () => {
    const { rounds } = await runOf({ ...unequal, policy: 'ringleader', rounds: 30 });
    for (const [time, ...workers] of rounds)
      assert.deepEqual([...new Set(workers)].sort(), [0, 1, 2], `the step at ${time}`);
    // The first of the slow worker fills the table at 5; the others step at 6, and the next table waits for it until 10.
    assert.deepEqual(
      rounds.slice(0, 4).map(([time]) => time),
      [5, 6, 6, 10],
    );
  });
});

describe('simulated time', () => {
  for (const name of [...policyNames, ...modifiedNames]) {
    it(`lets ${name} come to its end, in the same way each time`, async () => {
      const workers = 4;
      const runOnce = async () => {
        const policy = findPolicy(name)?.create(resolvePolicySettings({ workers }));
        assert.ok(policy);
        const commits: unknown[] = [];
        const outcome = await new Simulation({
          engine: { policy, workers, localSteps: 1, maxRounds: 50 },
          taskTimes: createTaskTimes(parseStraggler('gamma:vtask=0.5,vmach=0.6,mean=1'), {
            workers,
            seed: 1,
          }),
          network: createNetwork(noNetwork),
          messageBytes: 1,
          training: null,
          batchSize: 1,
          until: null,
          onStep({ event, effects }) {
            for (const effect of effects) if (effect.type === 'commit') commits.push([event.time, effect]);
          },
        }).run();
        return { outcome, commits };
      };
      const once = await runOnce();
      assert.deepEqual(once.outcome, { code: null, reason: '50 rounds' });
      assert.equal(once.commits.length, 50);
      assert.deepEqual(await runOnce(), once);
    });
  }
});
