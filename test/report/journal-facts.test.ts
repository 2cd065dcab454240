/** What the report takes from the journal equals what the run itself counts. */
import assert from 'node:assert/strict';
import { countCommunication, nothingCommunicated } from '../../protocols/sync/communication.js';
import type { EngineStep } from '../../protocols/sync/events.js';
import { gini, relativeShares } from '../../src/report/inequality.js';
import { JournalFold } from '../../src/report/journal-facts.js';
import { someSteps } from './stored-run.js';

function factsOf(steps: readonly EngineStep[], versions: readonly number[] = []) {
  const fold = new JournalFold(4, versions);
  for (const step of steps) fold.step(step);
  return fold.facts();
}

const commitsOf = (steps: readonly EngineStep[]) =>
  steps.flatMap(({ effects }) => effects.filter((effect) => effect.type === 'commit'));

describe('facts of a journal', () => {
  const steps = someSteps(300);

  it('count every contribution once, by worker and by staleness', () => {
    const { contributions, staleness } = factsOf(steps);
    const all = commitsOf(steps).flatMap((commit) => commit.contributions);
    for (const worker of [0, 1, 2, 3]) {
      assert.equal(contributions[worker], all.filter((each) => each.worker === worker).length);
    }
    const values = [...new Set(all.map((each) => each.staleness))].sort((left, right) => left - right);
    assert.deepEqual(
      staleness,
      values.map((value) => [value, all.filter((each) => each.staleness === value).length]),
    );
  });

  it('count communication without restarts: the paper’s count less the restarts, where uploaders wait', () => {
    let counts = nothingCommunicated;
    const expected = new Map<number, number>([[0, 0]]);
    for (const step of steps) {
      counts = countCommunication(counts, step);
      const commit = step.effects.find((effect) => effect.type === 'commit');
      if (commit !== undefined) expected.set(commit.version, counts.communicationRounds - counts.restarts);
    }
    const { uploadRounds, uploadRoundsAt, restarts } = factsOf(steps, [...expected.keys()]);
    assert.deepEqual(uploadRoundsAt, expected);
    assert.equal(uploadRounds, [...expected.values()].at(-1));
    assert.ok(counts.restarts > 0);
    assert.equal(
      restarts.reduce((sum, each) => sum + each),
      counts.restarts,
    );
  });

  it('count a worker that uploads twice in a round once', () => {
    const update = (attempt: number): EngineStep => ({
      event: {
        type: 'update-arrived',
        time: attempt,
        updateId: `0.1.${attempt}`,
        worker: 0,
        incarnation: 1,
        attempt,
        baseVersion: 0,
        steps: 1,
        samples: 1,
        loss: 1,
        firstLoss: 1,
        finite: true,
      },
      effects: [
        {
          type: 'accumulate',
          updateId: `0.1.${attempt}`,
          worker: 0,
          staleness: 0,
          weight: 1,
          reason: 'counts',
        },
      ],
    });
    const closing = commitsOf(steps)[0];
    assert.ok(closing !== undefined);
    const last = update(2);
    const { uploadRounds } = factsOf([update(1), { ...last, effects: [...last.effects, closing] }]);
    assert.equal(uploadRounds, 1);
  });

  it('count what was discarded as the run does', () => {
    const discard = { type: 'discard', updateId: '0.1.9', worker: 0, detail: '' } as const;
    const event = { type: 'deadline-passed', time: 1, deadline: 'd' } as const;
    const some: EngineStep[] = [
      { event, effects: [{ ...discard, reason: 'dead-attempt' }] },
      { event, effects: [{ ...discard, reason: 'duplicate' }] },
      { event, effects: [{ ...discard, reason: 'non-finite' }] },
    ];
    const counts = some.reduce(countCommunication, nothingCommunicated);
    assert.equal(factsOf(some).discarded, counts.discarded);
    assert.equal(counts.discarded, 2);
  });
});

describe('inequality', () => {
  it('is 0 where all give the same and (N − 1) / N where one gives all', () => {
    assert.equal(gini([3, 3, 3, 3]), 0);
    assert.equal(gini([0, 0, 8, 0]), 0.75);
    assert.equal(gini([1, 3]), 0.25);
    assert.equal(gini([0, 0]), null);
  });

  it('is told as multiples of the equal share', () => {
    assert.deepEqual(relativeShares([0, 1, 2, 1]), [0, 1, 2, 1]);
    assert.deepEqual(relativeShares([5, 15]), [0.5, 1.5]);
    assert.deepEqual(relativeShares([0, 0]), [0, 0]);
  });
});
