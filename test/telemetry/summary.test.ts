import assert from 'node:assert/strict';
import { accuracySteps, createSummaryBuilder, summarySchema } from '../../src/telemetry/summary.js';
import { fakeEvaluation, fakeRound, fakeUsed } from './fake-run.js';

const end = {
  status: 'finished',
  reason: 'all rounds done',
  weightsSha256: 'ab'.repeat(32),
  wallSeconds: 4,
  discarded: 2,
} as const;

const builder = () => createSummaryBuilder({ policy: 'abs', seed: 3, workers: 10, used: fakeUsed });

describe('summary', () => {
  it('has accuracy steps from 0.30 to 0.95', () => {
    assert.equal(accuracySteps.length, 14);
    assert.deepEqual(accuracySteps.slice(0, 3), ['0.30', '0.35', '0.40']);
    assert.equal(accuracySteps.at(-1), '0.95');
  });

  it('takes totals from the last round and the final figures from the last evaluation', () => {
    const summary = builder();
    for (const version of [1, 2, 3]) summary.round(fakeRound(version));
    summary.evaluation(fakeEvaluation(2));
    summary.evaluation(fakeEvaluation(3, { testAccuracy: 0.41, testLoss: 1.5 }));
    assert.deepEqual(
      {
        ...summary.build({ ...end, failures: 1 }),
        timeToAccuracy: null,
        communicationToAccuracy: null,
        communicationToAccuracyWithoutRestarts: null,
      },
      {
        status: 'finished',
        reason: 'all rounds done',
        failure: null,
        policy: 'abs',
        compute: 'gradients',
        used: fakeUsed,
        seed: 3,
        workers: 10,
        rounds: 3,
        time: 0.9299999999999999,
        finalAccuracy: 0.41,
        finalLoss: 1.5,
        bestAccuracy: 0.41,
        evaluationSamples: 10_000,
        trainingLoss: fakeRound(3).loss,
        communicationRounds: 12,
        communicationRoundsWithoutRestarts: 9,
        uploads: 10,
        downloads: 22,
        restarts: 0,
        discarded: 2,
        failures: 1,
        deadLetters: 0,
        weightsSha256: 'ab'.repeat(32),
        wallSeconds: 4,
        trainedSamples: 2880,
        samplesPerSecond: 720,
        timeToAccuracy: null,
        communicationToAccuracy: null,
        communicationToAccuracyWithoutRestarts: null,
      },
    );
  });

  it('notes the first evaluation at or above each step', () => {
    const summary = builder();
    summary.evaluation(fakeEvaluation(1, { time: 10, testAccuracy: 0.29999 }));
    summary.evaluation(fakeEvaluation(2, { time: 20, testAccuracy: 0.35 }));
    summary.evaluation(fakeEvaluation(3, { time: 30, testAccuracy: 0.2 }));
    summary.evaluation(fakeEvaluation(4, { time: 40, testAccuracy: 0.42 }));
    const built = summary.build(end);
    const { timeToAccuracy, communicationToAccuracy, communicationToAccuracyWithoutRestarts } = built;
    assert.deepEqual(Object.keys(timeToAccuracy), [...accuracySteps]);
    assert.deepEqual(
      ['0.30', '0.35', '0.40', '0.45'].map((step) => [
        timeToAccuracy[step],
        communicationToAccuracy[step],
        communicationToAccuracyWithoutRestarts[step],
      ]),
      [
        [20, 8, 6],
        [20, 8, 6],
        [40, 16, 12],
        [null, null, null],
      ],
    );
    assert.equal(built.bestAccuracy, 0.42);
  });

  it('has nulls for what is not finite or never was', () => {
    const summary = builder();
    summary.round(fakeRound(1, { loss: Number.NaN }));
    summary.evaluation(fakeEvaluation(1, { testLoss: Number.POSITIVE_INFINITY, testAccuracy: 0.1 }));
    const built = summary.build(end);
    assert.equal(built.trainingLoss, null);
    assert.equal(built.finalLoss, null);
    assert.equal(built.finalAccuracy, 0.1);
    const empty = builder().build({ ...end, wallSeconds: 0 });
    assert.equal(empty.finalAccuracy, null);
    assert.equal(empty.bestAccuracy, null);
    assert.equal(empty.rounds, 0);
    assert.equal(empty.samplesPerSecond, 0);
  });

  it('has no final accuracy where the final model was not evaluated', () => {
    const summary = builder();
    summary.round(fakeRound(1));
    summary.evaluation(fakeEvaluation(1, { testAccuracy: 0.5 }));
    summary.round(fakeRound(2));
    const { finalAccuracy, finalLoss, evaluationSamples, timeToAccuracy } = summary.build(end);
    assert.deepEqual([finalAccuracy, finalLoss, evaluationSamples], [null, null, null]);
    assert.notEqual(timeToAccuracy['0.50'], null);
  });

  it('has no training loss where nothing was trained', () => {
    const summary = createSummaryBuilder({
      policy: 'abs',
      seed: 3,
      workers: 10,
      compute: 'none',
      used: fakeUsed,
    });
    summary.round(fakeRound(1));
    const { compute, trainingLoss } = summary.build(end);
    assert.deepEqual([compute, trainingLoss], ['none', null]);
  });

  it('says why a run failed', () => {
    const built = builder().build({ ...end, status: 'failed', failure: 'every worker is gone' });
    assert.equal(built.status, 'failed');
    assert.equal(built.failure, 'every worker is gone');
  });

  it('fits its schema and survives JSON', () => {
    const summary = builder();
    summary.round(fakeRound(1));
    const built = summary.build(end);
    assert.deepStrictEqual(summarySchema.parse(JSON.parse(JSON.stringify(built))), built);
  });

  it('can be read where it was written before it told what computed the run', () => {
    const { used: _, deadLetters: __, ...older } = builder().build(end);
    const { used, deadLetters } = summarySchema.parse(older);
    assert.deepEqual([used, deadLetters], [null, 0]);
  });
});
