/** Entries of a comparison that made the same runs. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { firstValueFrom, toArray } from 'rxjs';
import { compare } from '../../src/index.js';
import { type FinishedRun, sameOutcomes } from '../../src/run/same-outcome.js';

const run = (
  name: string,
  weightsSha256: string | null,
  status: FinishedRun['status'] = 'finished',
  time = 1,
): FinishedRun => {
  const counts = { rounds: 1, uploads: 1, downloads: 1, restarts: 0, discarded: 0, communicationRounds: 1 };
  return { name, status, summary: { weightsSha256, time, ...counts } };
};

describe('entries that made the same runs', () => {
  it('are told of once for each group, if all their seeds agree', () => {
    const first = ['a', 'b', 'c', 'd', 'e'].map((name) => run(name, name === 'd' ? 'y' : 'x'));
    const second = ['a', 'b', 'c', 'd', 'e'].map((name) =>
      run(name, name === 'c' || name === 'd' ? 'y' : 'x'),
    );
    assert.deepEqual(sameOutcomes([...first, ...second]), [
      'a, b and e made the same runs, to the last weight: here they are one method',
    ]);
    assert.equal(sameOutcomes([run('a', 'x'), run('b', 'x'), run('c', 'y'), run('d', 'y')]).length, 2);
  });

  it('are not sought where a run is missing', () => {
    assert.deepEqual(sameOutcomes([run('a', 'x'), run('b', 'x', 'failed')]), []);
    assert.deepEqual(sameOutcomes([run('a', 'x'), { ...run('b', 'x'), summary: null }]), []);
  });

  it('are known by counts and times where nothing was trained', () => {
    assert.deepEqual(sameOutcomes([run('a', null), run('b', null), run('c', null, 'finished', 2)]), [
      'a and b made the same runs, with the same counts and times: here they are one method',
    ]);
  });

  it('are told of at the end of a comparison', async () => {
    const comparison = compare({
      compare: ['asgd', 'k-async', 'k-sync'],
      k0: 1,
      dataset: 'synthetic:examples=320,test=100,size=8,channels=1',
      model: 'mlp',
      workers: 3,
      localSteps: 1,
      threads: 1,
      time: 3,
      out: false,
    });
    const notices = firstValueFrom(comparison.notices$.pipe(toArray()));
    await comparison.done;
    const warnings = (await notices).filter(({ level }) => level === 'warn');
    assert.deepEqual(
      warnings.map(({ message }) => message),
      ['asgd and k-async made the same runs, to the last weight: here they are one method'],
    );
  });
});
