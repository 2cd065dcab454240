/** Foreseeing what is needed first: on cases by hand, and what holds of it whatever is told. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { firstToEnd, type Outlook, type UnderWay } from '../../src/simulator/forecast.js';
import { arbitraryOutlook } from '../support/arbitrary-outlook.js';

const outlook: Outlook = {
  version: 3,
  held: 0,
  waiting: [],
  waitCount: 2,
  bound: 1,
  test: 'ge',
  pulls: false,
  endOf: (_worker, _attempt, beginsAt) => beginsAt + 10,
};

/** Tasks of workers 0, 1, … @param versions that they compute from @param ends default: 1, 2, … */
function tasks(versions: readonly number[], ends?: readonly number[]): readonly UnderWay[] {
  return versions.map((version, worker) => ({
    worker,
    attempt: 1,
    version,
    endsAt: ends?.[worker] ?? worker + 1,
  }));
}

/** The worker whose task is named, of those whose tasks are asked for. */
function first(underWay: readonly UnderWay[], asked: readonly number[], known: Outlook | null) {
  return firstToEnd(underWay, ({ worker }) => asked.includes(worker), known)?.worker ?? null;
}

describe('what is needed first', () => {
  it('is not what a commit restarts before its end', () => {
    const underWay = tasks([3, 3, 3, 3]);
    assert.equal(first(underWay, [0, 1, 2], outlook), 0);
    assert.equal(first(underWay, [1, 2], outlook), 1);
    // The second end closes the round, with K-sync's bound.
    assert.equal(first(underWay, [2, 3], outlook), null);
    assert.equal(first(underWay, [2, 3], { ...outlook, test: 'gt' }), 2);
    assert.equal(first(underWay, [1, 2], { ...outlook, held: 1 }), null);
  });

  it('is found with the tasks that are still to be given', () => {
    // Both uploaders are back at 3, before worker 2 ends: by then two commits have been made.
    const soon: Outlook = { ...outlook, bound: 2, endOf: (_worker, _attempt, beginsAt) => beginsAt + 1 };
    assert.equal(first(tasks([3, 3, 3], [1, 2, 4]), [2], soon), null);
    assert.equal(first(tasks([3, 3, 3], [1, 2, 2.5]), [2], soon), 2);
    // Worker 9 has uploaded already, and begins anew with the next commit.
    const waiting = [{ worker: 9, attempt: 4 }];
    assert.equal(first(tasks([3, 3], [1, 2.5]), [1], { ...soon, held: 1, waiting }), null);
    assert.equal(first(tasks([3, 3], [1, 2.5]), [1], { ...soon, held: 1 }), 1);
  });

  it('counts on uploaders that go on at once', () => {
    const soon: Outlook = { ...outlook, endOf: (_worker, _attempt, beginsAt) => beginsAt + 1 };
    assert.equal(first(tasks([3, 3], [1, 3]), [1], { ...soon, pulls: true }), null, 'two of worker 0');
    assert.equal(first(tasks([3, 3], [1, 3]), [1], soon), 1);
  });

  it('is what ends next where that is asked for, whatever is told', () => {
    const versions = fc.array(fc.nat(9), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(versions, arbitraryOutlook, (from, known) => {
        assert.equal(first(tasks(from), [...from.keys()], known), 0);
      }),
    );
  });

  it('is what ends first of all asked for where nothing is known, or there is no bound', () => {
    const versions = fc.array(fc.nat(9), { minLength: 3, maxLength: 30 });
    fc.assert(
      fc.property(versions, arbitraryOutlook, (from, known) => {
        for (const told of [null, { ...known, bound: Infinity }]) {
          assert.equal(first(tasks(from), [2, 1], told), 1);
        }
      }),
    );
  });

  it('is something where looking ahead would take for ever', () => {
    const never: Outlook = { ...outlook, bound: 1e9, waitCount: 1, endOf: (_w, _a, beginsAt) => beginsAt };
    assert.equal(first(tasks([3, 3], [1, 2]), [1], never), 1);
  });
});
