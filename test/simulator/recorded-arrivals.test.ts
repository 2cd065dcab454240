/** A recorded run happens again in simulated time: whatever happened in it, at its times and in its order. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { EngineEvent, EngineStep } from '../../protocols/sync/events.js';
import type { EngineOptions } from '../../protocols/sync/round-engine.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { createLookAhead } from '../../src/simulator/look-ahead.js';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';
import { recordedArrivals } from '../../src/simulator/recorded-arrivals.js';
import { Simulation, type SimulatedTraining } from '../../src/simulator/simulation.js';
import { arbitraryRun, drive } from '../support/arbitrary-runs.js';
import { EngineScript, optionsFor } from '../support/engine-script.js';
import { createFakeCompute } from '../support/fake-compute.js';

const refuse = () => assert.fail('task times are those of the record');

async function repeat(
  engine: EngineOptions,
  record: readonly EngineStep[],
  training: SimulatedTraining | null = null,
): Promise<EngineStep[]> {
  const steps: EngineStep[] = [];
  const simulation = new Simulation({
    engine,
    recorded: recordedArrivals(record),
    taskTimes: { taskTime: refuse },
    network: createNetwork(noNetwork),
    messageBytes: 0,
    training,
    batchSize: 32,
    until: null,
    onStep(step) {
      steps.push(step);
    },
  });
  await simulation.run();
  return steps;
}

/** An engine driven by hand, and the record of it. */
class Script extends EngineScript {
  readonly steps: EngineStep[] = [];

  override event(event: EngineEvent) {
    const effects = super.event(event);
    this.steps.push({ event, effects });
    return effects;
  }
}

function isOver({ effects }: EngineStep): boolean {
  return effects.some(({ type }) => type === 'finish' || type === 'fail');
}

function training(): SimulatedTraining {
  const compute = createFakeCompute(2, 'at-once');
  return { lookAhead: createLookAhead(compute), store: createParameterStore(compute.model.initial) };
}

describe('recorded arrivals', () => {
  it('give the same steps, whatever was recorded: losses, forgeries, repetitions, ties, deadlines, stops', async () => {
    let repeated = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(arbitraryRun(), arbitraryRun('random')), async (plan) => {
        const { options, steps } = drive(plan);
        const end = steps.findIndex(isOver);
        const wanted = end < 0 ? steps : steps.slice(0, end + 1);
        const found = await repeat(options, steps);
        if (end < 0) assert.equal(found.pop()?.event.type, 'stop-requested');
        assert.deepEqual(found, wanted);
        repeated += wanted.filter(({ event }) => event.type === 'update-arrived').length;
      }),
      { numRuns: 300, seed: 20 },
    );
    assert.ok(repeated > 1000);
  });

  it('keep the order of the record among those of one instant', async () => {
    const options = optionsFor('k-async', { workers: 3, waitCount: 1 });
    const script = new Script(options);
    script.joinAll();
    script.time = 2;
    for (const worker of [2, 0, 1]) script.upload(worker);
    const commits = (await repeat(options, script.steps)).flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'commit' ? effect.contributions : [])),
    );
    assert.deepEqual(
      commits.map(({ worker }) => worker),
      [2, 0, 1],
    );
  });

  it('have deadlines pass when they did, late as they may have been', async () => {
    const options = optionsFor('sync', { workers: 2 }, { roundDeadline: 5 });
    const script = new Script(options);
    script.joinAll();
    script.time = 1;
    script.upload(1);
    script.time = 5.25;
    script.event({ type: 'deadline-passed', time: 5.25, deadline: 'round:0' });
    const steps = await repeat(options, script.steps);
    const round = steps.find(({ effects }) => effects.some(({ type }) => type === 'commit'));
    assert.equal(round?.event.time, 5.25);
  });

  it('compute afresh what is applied, and nothing that never arrived', async () => {
    const options = optionsFor('k-async', { workers: 3, waitCount: 2 }, { maxRounds: 1 });
    const script = new Script(options);
    script.joinAll();
    script.time = 1;
    script.upload(0, { loss: 7 });
    script.upload(0, { loss: 7 });
    script.lose(1, true);
    script.upload(2, { loss: 7 });
    const parts = training();
    const steps = await repeat(options, script.steps, parts);
    assert.equal(parts.lookAhead.started, 2);
    // Deltas are worker + 1: the mean of 1 and 3. The loss is what was computed, not what was recorded.
    assert.deepEqual([...parts.store.current()], [2, 2]);
    assert.equal(steps.flatMap(({ effects }) => effects).find((e) => e.type === 'commit')?.loss, 1);
  });

  it('fit no other run', async () => {
    const options = optionsFor('k-async', { workers: 2, waitCount: 1 });
    const script = new Script(options);
    script.joinAll();
    for (const time of [1, 2, 3]) {
      script.time = time;
      script.upload(0);
    }
    script.upload(1);
    const restarting = optionsFor('k-sync', { workers: 2, waitCount: 1 });
    await assert.rejects(repeat(restarting, script.steps), /the record has it from version 4/);
    const waiting = optionsFor('sync', { workers: 2 });
    await assert.rejects(repeat(waiting, script.steps), /recorded at 2 is due at 3 only/);
  });
});
