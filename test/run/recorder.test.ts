import assert from 'node:assert/strict';
import { Subject } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import { Recorder } from '../../src/run/recorder.js';
import type {
  EvaluationRecord,
  FailureRecord,
  RestartRecord,
  RoundRecord,
} from '../../src/telemetry/run-events.js';
import { fakeEvaluation, fakeSteps, fakeUsed } from '../telemetry/fake-run.js';

function bench(compute: 'gradients' | 'none' = 'gradients') {
  const streams = {
    rounds$: new Subject<RoundRecord>(),
    evaluations$: new Subject<EvaluationRecord>(),
    restarts$: new Subject<RestartRecord>(),
    failures$: new Subject<FailureRecord>(),
    steps$: new Subject<EngineStep>(),
  };
  const told: [name: string, value: unknown][] = [];
  for (const [name, stream] of Object.entries(streams)) {
    (stream as Subject<unknown>).subscribe((value) => told.push([name, value]));
  }
  const recorder = new Recorder(streams, null, {
    policy: 'abs',
    seed: 1,
    workers: 4,
    compute,
    used: fakeUsed,
  });
  return { recorder, told, of: (name: string) => told.filter(([which]) => which === name) };
}

const steps = fakeSteps({ workers: 4, waitCount: 2, maxStaleness: 2, updates: 40 });
const end = {
  status: 'finished',
  reason: 'r',
  failure: null,
  weightsSha256: null,
  wallSeconds: 2,
  time: 3,
} as const;

describe('Recorder', () => {
  it('tells every step, round and restart, each step before what follows from it', () => {
    const { recorder, told, of } = bench();
    for (const step of steps) recorder.step(step);
    const effects = steps.flatMap((step) => step.effects);
    const count = (type: string): number => effects.filter((effect) => effect.type === type).length;
    assert.equal(of('steps$').length, steps.length);
    assert.equal(of('rounds$').length, count('commit'));
    assert.equal(of('restarts$').length, count('cancel'));
    assert.ok(count('cancel') > 0);
    const firstRound = told.findIndex(([name]) => name === 'rounds$');
    const closing = steps.find((step) => step.effects.some(({ type }) => type === 'commit'));
    assert.ok(told.slice(0, firstRound).some(([, value]) => value === closing));
  });

  it('sums the run up', () => {
    const { recorder, of } = bench();
    for (const step of steps) recorder.step(step);
    const { lastRound } = recorder;
    assert.ok(lastRound !== null);
    recorder.evaluation(fakeEvaluation(lastRound.version, { testAccuracy: 0.4 }));
    const failure = { time: 1, worker: 2, incarnation: 1, reason: 'x', action: 'restarting' } as const;
    recorder.failure(failure);
    const summary = recorder.summary(end);
    assert.deepEqual(of('failures$'), [['failures$', failure]]);
    assert.equal(summary.rounds, lastRound.version);
    assert.equal(summary.finalAccuracy, 0.4);
    assert.equal(summary.failures, 1);
    assert.equal(summary.failure, null);
    assert.equal(summary.samplesPerSecond, lastRound.trainedSamples / 2);
    assert.equal(recorder.summary({ ...end, status: 'failed', failure: 'why' }).failure, 'why');
  });

  it('counts the end of a life once, and tells it again only where it is news', () => {
    const { recorder, of } = bench();
    const silent = { time: 9, worker: 2, incarnation: 1, reason: 'not heard', action: 'given-up' } as const;
    recorder.failure(silent);
    recorder.failure({ ...silent, reason: 'not heard for longer' });
    const back = { ...silent, reason: 'told that it is dead', action: 'restarting' } as const;
    recorder.failure(back);
    assert.deepEqual(
      of('failures$').map(([, record]) => record),
      [silent, back],
    );
    assert.equal(recorder.summary(end).failures, 1);
    recorder.failure({ ...silent, worker: 3 });
    recorder.failure({ ...silent, incarnation: 2 });
    assert.equal(of('failures$').length, 4);
    assert.equal(recorder.summary(end).failures, 3);
  });

  it('counts dead letters', () => {
    const { recorder } = bench();
    recorder.deadLetter();
    recorder.deadLetter();
    assert.equal(recorder.summary(end).deadLetters, 2);
  });

  it('counts no samples where nothing was trained', () => {
    const { recorder } = bench('none');
    for (const step of steps) recorder.step(step);
    assert.equal(recorder.lastRound?.trainedSamples, 0);
    assert.equal(recorder.summary(end).trainedSamples, 0);
    assert.equal(recorder.summary(end).compute, 'none');
  });
});
