import assert from 'node:assert/strict';
import type { Evaluation } from '../../src/compute/compute.js';
import { Evaluator } from '../../src/run/evaluator.js';
import type { EvaluationRecord } from '../../src/telemetry/run-events.js';
import { fakeRound } from '../telemetry/fake-run.js';

const weights = new Float32Array(1);

/** An evaluator whose evaluations are answered by hand. */
function bench(samples: number | null = 10, everyRounds: number | null = 5) {
  const asked: (number | undefined)[] = [];
  const answers: ((answer: Evaluation | Error) => void)[] = [];
  const records: EvaluationRecord[] = [];
  const errors: unknown[] = [];
  const evaluator = new Evaluator({
    compute: {
      evaluate: (_weights, count) =>
        new Promise((resolve, reject) => {
          asked.push(count);
          answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
        }),
    },
    everyRounds,
    samples,
    onEvaluation: (record) => records.push(record),
    onError: (error) => errors.push(error),
  });
  /** Answers the oldest evaluation that waits, and lets what follows happen. */
  const answer = async (accuracy: number | Error): Promise<void> => {
    const result = accuracy instanceof Error ? accuracy : { accuracy, loss: 1, samples: 10 };
    answers.shift()?.(result);
    await settled();
  };
  const commit = (version: number): void => void evaluator.committed(fakeRound(version), weights);
  return { evaluator, asked, answers, records, errors, answer, commit };
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('Evaluator', () => {
  it('evaluates every so many rounds, on as many examples as asked', async () => {
    const { commit, answer, asked, records } = bench();
    for (const version of [1, 2, 3, 4, 5]) commit(version);
    await answer(0.5);
    for (const version of [6, 7, 8, 9, 10]) commit(version);
    await answer(0.6);
    assert.deepEqual(
      records.map(({ version, testAccuracy }) => [version, testAccuracy]),
      [
        [5, 0.5],
        [10, 0.6],
      ],
    );
    assert.deepEqual(asked, [10, 10]);
  });

  it('evaluates one version at a time, and passes over those that a newer one overtakes', async () => {
    const { commit, answer, answers, records } = bench();
    for (const version of [5, 10, 15]) commit(version);
    assert.equal(answers.length, 1);
    await answer(0.1);
    await answer(0.3);
    assert.deepEqual(
      records.map(({ version }) => version),
      [5, 15],
    );
    assert.equal(answers.length, 0);
  });

  it('ends with all examples, waiting for what runs and dropping what is queued', async () => {
    const { evaluator, commit, answer, asked, records } = bench();
    for (const version of [5, 10]) commit(version);
    const final = evaluator.final(fakeRound(11), weights);
    await answer(0.1);
    await answer(0.4);
    await final;
    assert.deepEqual(
      records.map(({ version }) => version),
      [5, 11],
    );
    assert.deepEqual(asked, [10, undefined]);
  });

  it('does not repeat an evaluation of the final version on all examples, but one on some', async () => {
    const all = bench(null);
    all.commit(5);
    await all.answer(0.1);
    await all.evaluator.final(fakeRound(5), weights);
    assert.equal(all.asked.length, 1);
    const some = bench(10);
    some.commit(5);
    await some.answer(0.1);
    const final = some.evaluator.final(fakeRound(5), weights);
    await settled();
    await some.answer(0.2);
    await final;
    assert.deepEqual(some.asked, [10, undefined]);
  });

  it('tells of an evaluation that failed, and goes on', async () => {
    const { evaluator, commit, answer, records, errors } = bench();
    commit(5);
    await answer(new Error('broken'));
    commit(10);
    await answer(0.5);
    assert.deepEqual(
      records.map(({ version }) => version),
      [10],
    );
    const final = evaluator.final(fakeRound(11), weights);
    await settled();
    await answer(new Error('broken again'));
    await final;
    assert.deepEqual(errors.map(String), ['Error: broken', 'Error: broken again']);
  });

  it('evaluates what is in force at a time: the initial weights before the first round', async () => {
    const { evaluator, commit, answer, records } = bench(10, null);
    void evaluator.timeReached(2, weights);
    await answer(0.1);
    commit(7);
    commit(8);
    void evaluator.timeReached(4, weights);
    await answer(0.3);
    const { communicationRounds } = fakeRound(8);
    assert.deepEqual(
      records.map((record) => [record.time, record.version, record.communicationRounds, record.testAccuracy]),
      [
        [2, 0, 0, 0.1],
        [4, 8, communicationRounds, 0.3],
      ],
    );
  });

  it('does not measure a version again that was in force at the time before', async () => {
    const { evaluator, commit, answer, asked, records } = bench(10, null);
    commit(3);
    void evaluator.timeReached(2, weights);
    await answer(0.2);
    void evaluator.timeReached(4, weights);
    await settled();
    assert.equal(asked.length, 1);
    assert.deepEqual(
      records.map(({ time, testAccuracy }) => [time, testAccuracy]),
      [
        [2, 0.2],
        [4, 0.2],
      ],
    );
    // The final evaluation is on all examples, and not of an earlier time than the last mark.
    const final = evaluator.final(fakeRound(3), weights);
    await settled();
    await answer(0.25);
    await final;
    assert.deepEqual(asked, [10, undefined]);
    assert.deepEqual([records.at(-1)?.time, records.at(-1)?.version], [4, 3]);
  });

  it('waits for nothing once evaluations are skipped, and tells nothing more', async () => {
    const { evaluator, commit, answer, answers, records, errors } = bench();
    commit(5);
    const final = evaluator.final(fakeRound(6), weights);
    evaluator.skip();
    await final;
    await answer(0.1);
    commit(10);
    await evaluator.final(fakeRound(10), weights);
    assert.deepEqual([records.length, errors.length, answers.length], [0, 0, 0]);
  });
});
