/** A run in simulated time that is told to stop while its round cannot close: the wall clock ends it, as it does a live one. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Subject } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../protocols/sync/settings.js';
import type { CancelTimer, Clock } from '../../src/clock/clock.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { FleetStatus } from '../../src/run/fleet-status.js';
import { Recorder } from '../../src/run/recorder.js';
import { startSimulation } from '../../src/run/simulated-training.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';
import type {
  EvaluationRecord,
  FailureRecord,
  RestartRecord,
  RoundRecord,
} from '../../src/telemetry/run-events.js';
import { createFakeCompute } from '../support/fake-compute.js';
import { fakeUsed } from '../telemetry/fake-run.js';

interface Timer {
  readonly seconds: number;
  readonly ring: () => void;
}

/** Time stands still; the test rings the timers itself, since the simulation never comes to rest. */
function handClock(): { readonly clock: Clock; readonly timers: Set<Timer>; next(): Timer } {
  const timers = new Set<Timer>();
  return {
    clock: {
      now: () => 0,
      after(seconds, ring): CancelTimer {
        const timer = { seconds, ring };
        timers.add(timer);
        return () => void timers.delete(timer);
      },
    },
    timers,
    next() {
      const [timer] = timers;
      if (timer === undefined) return assert.fail('no timer is set');
      timers.delete(timer);
      return timer;
    },
  };
}

const empty = { size: 0, inputs: new Uint8Array(0), labels: new Uint8Array(0) };
const dataset = {
  name: 'empty',
  inputShape: [1],
  classes: 2,
  classNames: [],
  train: empty,
  test: empty,
  normalisation: { inputScale: 255, mean: [0], deviation: [1] },
};

describe('the stop of a simulated run', () => {
  it('waits for a round that cannot close 10 seconds, half-way through tells of it, and leaves no timer', async () => {
    const config = resolveTrainConfig({ compute: 'none', workers: 2 }, undefined, {}, 'simulated');
    const policy = findPolicy('mindflayer')?.create(resolvePolicySettings({ workers: 2, timeLimit: 0.5 }));
    assert.ok(policy !== undefined);
    const { clock, timers, next } = handClock();
    const compute = createFakeCompute(2);
    const steps$ = new Subject<EngineStep>();
    const streams = {
      rounds$: new Subject<RoundRecord>(),
      evaluations$: new Subject<EvaluationRecord>(),
      restarts$: new Subject<RestartRecord>(),
      failures$: new Subject<FailureRecord>(),
      steps$,
    };
    const notices: string[] = [];
    const training = await startSimulation({
      run: 'a-run',
      config,
      parts: {
        directory: null,
        transport: null,
        nats: [],
        dataset,
        compute,
        store: createParameterStore(compute.model.initial),
        taskTimes: createTaskTimes({ law: 'constant', mean: 1 }, { workers: 2, seed: 1 }),
        engine: { policy, workers: 2, localSteps: 1 },
        identity: {
          run: 'a-run',
          mode: 'simulated',
          policy: 'mindflayer',
          workers: 2,
          seed: 1,
          model: { name: 'none', weights: [] },
          serverOptimizer: 'averaging',
        },
        checkpoints: null,
        resumed: null,
      },
      checkpointer: null,
      clock,
      recorder: new Recorder(streams, null, { policy: 'mindflayer', seed: 1, workers: 2, used: fakeUsed }),
      fleet: new FleetStatus(2),
      lobby: null,
      notice: (_level, message) => notices.push(message),
    });
    let deadlines = 0;
    steps$.subscribe(({ event: { type } }) => {
      if (type !== 'deadline-passed') return;
      deadlines += 1;
      if (deadlines === 3) training.control.stop('finish-round', 'enough');
      if (deadlines === 6) {
        const halfWay = next();
        assert.equal(halfWay.seconds, 5);
        halfWay.ring();
      }
      if (deadlines === 9) {
        const last = next();
        assert.equal(last.seconds, 5);
        last.ring();
      }
    });
    const { reason, error } = await training.ended;
    assert.deepEqual([reason, error], ['enough, round 1 did not close', null]);
    assert.equal(deadlines, 9, 'it went on until then, and no longer');
    assert.match(
      notices.join('\n'),
      /^the run is to stop, and round 1 is still open; it waits for workers 0, 1: /,
    );
    assert.equal(timers.size, 0);
  });
});
