import assert from 'node:assert/strict';
import type { Effect } from '../../../protocols/sync/events.js';
import type { Policy } from '../../../protocols/sync/policy.js';
import { EngineScript, ofType, optionsFor } from '../../support/engine-script.js';

function script(...options: Parameters<typeof optionsFor>): EngineScript {
  const engine = new EngineScript(optionsFor(...options));
  engine.joinAll();
  return engine;
}

describe('round engine', () => {
  it('gives each worker that joins the present model and an attempt', () => {
    const engine = script('k-async', { workers: 3, waitCount: 2 });
    const assigns = ofType(engine.effects, 'assign');
    assert.deepEqual(
      assigns.map(({ worker, attempt, version, reason }) => [worker, attempt, version, reason]),
      [
        [0, 1, 0, 'joined'],
        [1, 1, 0, 'joined'],
        [2, 1, 0, 'joined'],
      ],
    );
  });

  it('closes a round on the K-th distinct worker and refreshes the uploaders only', () => {
    const engine = script('k-async', { workers: 3, waitCount: 2 });
    assert.deepEqual(ofType(engine.upload(2), 'commit'), []);
    const effects = engine.upload(0);
    const [commit] = ofType(effects, 'commit');
    assert.equal(commit?.version, 1);
    assert.equal(commit.scale, 0.5);
    assert.deepEqual(
      commit.contributions.map(({ worker }) => worker),
      [2, 0],
    );
    assert.deepEqual(
      ofType(effects, 'assign').map(({ worker }) => worker),
      [0, 2],
    );
    assert.equal(engine.state.members[1]?.staleness, 1);
  });

  it('applies a repeated upload once', () => {
    const engine = script('k-async', { workers: 3, waitCount: 2 });
    engine.upload(1);
    const [discard] = ofType(engine.upload(1), 'discard');
    assert.equal(discard?.reason, 'duplicate');
    assert.equal(engine.state.contributions.length, 1);
  });

  it('refuses uploads of a cancelled attempt, a dead incarnation, an unknown worker, another base', () => {
    const engine = script('k-sync', { workers: 3, waitCount: 1 });
    engine.upload(0);
    const reasons = [
      engine.upload(1, { attempt: 1, baseVersion: 0 }),
      engine.upload(1, { incarnation: 7 }),
      engine.upload(9),
      engine.upload(1, { baseVersion: 0 }),
    ].map((effects) => ofType(effects, 'discard')[0]?.reason);
    assert.deepEqual(reasons, ['dead-attempt', 'dead-incarnation', 'unknown-worker', 'wrong-base']);
    assert.equal(engine.state.version, 1);
  });

  it('refuses an update that goes under the id of another', () => {
    const engine = script('k-async', { workers: 3, waitCount: 2 });
    engine.upload(0);
    const [discard] = ofType(engine.upload(1, { updateId: '0.1.1' }), 'discard');
    assert.equal(discard?.reason, 'wrong-id');
    assert.equal(engine.state.contributions.length, 1);
  });

  it('does not count the upload of a worker that was lost before the commit', () => {
    const engine = script('k-async', { workers: 3, waitCount: 2 });
    engine.upload(1);
    const [discard] = ofType(engine.lose(1, true), 'discard');
    assert.equal(discard?.reason, 'worker-lost');
    assert.deepEqual(ofType(engine.upload(0), 'commit'), []);
    assert.equal(ofType(engine.upload(2), 'commit').length, 1);
  });

  it('waits for a worker that is being restarted, and for no longer when it is gone for good', () => {
    const engine = script('local-sgd', { workers: 3 });
    engine.upload(0);
    engine.lose(2, true);
    assert.deepEqual(ofType(engine.upload(1), 'commit'), []);
    const [commit] = ofType(engine.lose(2, false), 'commit');
    assert.equal(commit?.waitCount, 2);
    assert.equal(commit.degraded, null);
  });

  it('takes a new incarnation at the present version, with a new attempt', () => {
    const engine = script('k-async', { workers: 3, waitCount: 1 });
    engine.upload(0);
    engine.lose(1, true);
    assert.equal(ofType(engine.join(1, 1), 'ignore').length, 1);
    const [assign] = ofType(engine.join(1, 2), 'assign');
    assert.deepEqual([assign?.incarnation, assign?.attempt, assign?.version], [2, 2, 1]);
  });

  it('takes the join of a new incarnation as the loss of the old one', () => {
    const engine = script('k-async', { workers: 3, waitCount: 2 });
    engine.upload(1);
    const effects = engine.join(1, 2);
    assert.equal(ofType(effects, 'discard')[0]?.reason, 'worker-lost');
    assert.equal(engine.state.contributions.length, 0);
  });

  it('clamps K to the workers that there are, and says so', () => {
    const engine = script('k-async', { workers: 3, waitCount: 3 });
    engine.lose(2, false);
    engine.upload(0);
    const [commit] = ofType(engine.upload(1), 'commit');
    assert.equal(commit?.waitCount, 2);
    assert.match(commit.reason, /only 2 workers/);
  });

  it('fails when no worker is left, and then does nothing more', () => {
    const engine = script('abs', { workers: 2 });
    engine.lose(0, false);
    const [fail] = ofType(engine.lose(1, false), 'fail');
    assert.equal(fail?.code, 'no-workers');
    assert.equal(ofType(engine.join(0, 5), 'ignore').length, 1);
    assert.equal(ofType(engine.upload(0), 'discard')[0]?.reason, 'run-over');
  });

  it('waits for others when no worker is left, where it is to', () => {
    const engine = script('k-async', { workers: 2, waitCount: 2 }, { staysWithoutWorkers: true });
    engine.upload(0);
    engine.lose(0, false);
    assert.deepEqual(ofType(engine.lose(1, false), 'fail'), []);
    assert.deepEqual(engine.state.contributions, []);
    engine.join(1, 2);
    const [commit] = ofType(engine.upload(1), 'commit');
    assert.equal(commit?.waitCount, 1);
  });

  it('fails on a non-finite update, naming round and worker', () => {
    const engine = script('k-async', { workers: 2, waitCount: 1 });
    engine.upload(0);
    const [fail] = ofType(engine.upload(1, { loss: NaN, finite: false }), 'fail');
    assert.equal(fail?.code, 'non-finite');
    assert.match(fail.reason, /round 2, worker 1: its loss is NaN/);
  });

  it('gives up when nothing but non-finite updates comes, though told to go on', () => {
    const engine = script('k-async', { workers: 2, waitCount: 2 }, { skipNonFinite: true });
    engine.joinAll();
    for (let refused = 0; refused < 99; refused += 1) {
      const effects = engine.upload(1, { loss: NaN, finite: false });
      assert.equal(ofType(effects, 'assign')[0]?.reason, 'refused');
    }
    engine.upload(0); // a finite one, though it closes no round
    for (let refused = 0; refused < 99; refused += 1) engine.upload(1, { loss: NaN, finite: false });
    const [fail] = ofType(engine.upload(1, { loss: NaN, finite: false }), 'fail');
    assert.equal(fail?.code, 'non-finite');
    assert.equal(fail.reason, 'round 1, worker 1: its loss is NaN (100 updates in a row were not finite)');
    assert.equal(engine.state.status, 'over');
  });

  it('refuses a non-finite update and goes on when told to', () => {
    const engine = script('k-async', { workers: 2, waitCount: 1 }, { skipNonFinite: true });
    const effects = engine.upload(1, { loss: NaN, finite: false });
    assert.equal(ofType(effects, 'discard')[0]?.reason, 'non-finite');
    assert.equal(ofType(effects, 'assign')[0]?.reason, 'refused');
    assert.equal(engine.state.status, 'running');
  });

  it('closes a round degraded at its deadline with what it has', () => {
    const engine = script('local-sgd', { workers: 3 }, { roundDeadline: 5 });
    assert.deepEqual(ofType(engine.effects, 'schedule'), [{ type: 'schedule', deadline: 'round:0', at: 5 }]);
    engine.upload(1);
    engine.time = 5;
    const passed = { type: 'deadline-passed', time: 5, deadline: 'round:0' } as const;
    const effects = engine.event(passed);
    const [commit] = ofType(effects, 'commit');
    assert.equal(commit?.waitCount, 3);
    assert.equal(commit.contributions.length, 1);
    assert.match(commit.degraded ?? '', /^1 contribution after the deadline of 5$/);
    assert.deepEqual(ofType(effects, 'schedule'), [{ type: 'schedule', deadline: 'round:1', at: 10 }]);
    assert.equal(ofType(engine.event(passed), 'ignore').length, 1);
  });

  it('closes a round that is empty at its deadline on the first contribution thereafter', () => {
    const engine = script('local-sgd', { workers: 3 }, { roundDeadline: 5 });
    const passed = { type: 'deadline-passed', time: 5, deadline: 'round:0' } as const;
    assert.deepEqual(engine.event(passed), []);
    assert.equal(ofType(engine.event(passed), 'ignore').length, 1);
    engine.time = 7;
    const effects = engine.upload(1);
    const [commit] = ofType(effects, 'commit');
    assert.equal(commit?.degraded, 'the first contribution after the deadline of 5');
    assert.deepEqual(ofType(effects, 'schedule'), [{ type: 'schedule', deadline: 'round:1', at: 12 }]);
    assert.deepEqual(ofType(engine.upload(1), 'commit'), [], 'the next round has its own deadline');
  });

  it('names the workers that are gone for good in assignments, if their data is to be shared out', () => {
    const engine = script('k-async', { workers: 4, waitCount: 1 }, { repartition: true });
    engine.lose(2, true);
    assert.equal(ofType(engine.upload(0), 'assign')[0]?.gone, undefined);
    engine.lose(2, false);
    engine.lose(1, false);
    assert.deepEqual(ofType(engine.upload(0), 'assign')[0]?.gone, [1, 2]);
    const back = ofType(engine.join(2, 2), 'assign')[0];
    assert.deepEqual([back?.worker, back?.gone], [2, [1]]);
    engine.join(1, 2);
    assert.equal(ofType(engine.upload(0), 'assign')[0]?.gone, undefined);
    engine.join(6);
    assert.equal(
      ofType(engine.upload(0), 'assign')[0]?.gone,
      undefined,
      'numbers that never were are nobody',
    );
  });

  it('says at the deadline that workers are missing, where that is why', () => {
    const engine = script('local-sgd', { workers: 3 }, { roundDeadline: 5 });
    engine.lose(2, true);
    engine.upload(1);
    const [commit] = ofType(
      engine.event({ type: 'deadline-passed', time: 5, deadline: 'round:0' }),
      'commit',
    );
    assert.equal(commit?.degraded, '1 contribution after the deadline of 5: only 2 of 3 workers live');
  });

  it('waits for missing workers beyond the deadline when told to, and then closes with the next contribution', () => {
    const engine = script('local-sgd', { workers: 4 }, { roundDeadline: 5, whenShort: 'wait' });
    engine.lose(2, true);
    engine.upload(1);
    const passed = { type: 'deadline-passed', time: 5, deadline: 'round:0' } as const;
    assert.deepEqual(engine.event(passed), []);
    assert.deepEqual(ofType(engine.upload(0), 'commit'), [], 'worker 2 is still missing');
    assert.deepEqual(ofType(engine.join(2, 2), 'commit'), []);
    const [commit] = ofType(engine.upload(2), 'commit');
    assert.equal(commit?.degraded, 'the next contribution after the deadline of 5');
    assert.equal(commit.contributions.length, 3);
    assert.equal(commit.waitCount, 4);
  });

  it('waits beyond the deadline for nobody but missing workers', () => {
    const engine = script('local-sgd', { workers: 3 }, { roundDeadline: 5, whenShort: 'wait' });
    engine.upload(1);
    const effects = engine.event({ type: 'deadline-passed', time: 5, deadline: 'round:0' });
    assert.equal(ofType(effects, 'commit').length, 1);
  });

  it('does not wait for a worker that is gone for good', () => {
    const engine = script('local-sgd', { workers: 3 }, { roundDeadline: 5, whenShort: 'wait' });
    engine.upload(0);
    engine.upload(1);
    const [commit] = ofType(engine.lose(2, false), 'commit');
    assert.deepEqual([commit?.waitCount, commit?.degraded], [2, null]);
  });

  it('closes an overdue round as a full one where the contribution is all that it waits for', () => {
    const engine = script('asgd', { workers: 2 }, { roundDeadline: 5 });
    engine.event({ type: 'deadline-passed', time: 5, deadline: 'round:0' });
    const commits = ofType(engine.upload(1), 'commit');
    assert.deepEqual(
      commits.map(({ degraded }) => degraded),
      [null],
    );
  });

  it('makes an integer of any wait count, and says so', () => {
    const cases = [
      [1.5, 2, 'mine, 1.5 rounded up'],
      [0.2, 1, 'mine, at least 1 instead of 0.2'],
      [-Infinity, 1, 'mine, at least 1 instead of -Infinity'],
      [Number.NaN, 1, 'mine, at least 1 instead of NaN'],
      [2.5, 3, 'mine, 2.5 rounded up'],
      [3.5, 3, 'mine, only 3 workers'],
      [Infinity, 3, 'mine, infinite: all 3 workers'],
    ] as const;
    for (const counts of ['workers', 'mini-batches'] as const) {
      for (const [value, wanted, why] of cases) {
        const atMost = counts === 'workers' || value !== 3.5;
        const policy = {
          name: 'mine',
          counts,
          initial: () => null,
          waitCount: () => ({ value, reason: 'mine' }),
        };
        const engine = new EngineScript({ policy, workers: 3, localSteps: 1 });
        engine.joinAll();
        for (let upload = 0; engine.state.version === 0; upload += 1) engine.upload(upload % 3);
        const [commit] = ofType(engine.effects, 'commit');
        assert.equal(commit?.waitCount, atMost ? wanted : 4);
        assert.equal(commit.contributions.length, commit.waitCount);
        assert.equal(commit.degraded, null);
        assert.equal(commit.reason, atMost ? why : 'mine, 3.5 rounded up');
      }
    }
  });

  it('cancels only work that existed before the event', () => {
    const policy: Policy<null> = {
      name: 'mine',
      initial: () => null,
      waitCount: () => ({ value: 1, reason: 'mine' }),
      admit: (_state, { worker }) =>
        worker === 0 ? { accept: false, reason: 'no' } : { accept: true, weight: 1, reason: 'yes' },
      maxStaleness: () => 1,
      restarts: (_state, { members }) => members.map(({ worker }) => ({ worker, reason: 'all' })),
    };
    const engine = new EngineScript({ policy, workers: 3, localSteps: 1 });
    engine.joinAll();
    const cancelled = (effects: readonly Effect[]) =>
      ofType(effects, 'cancel').map(({ worker, reason }) => [worker, reason]);
    const refused = engine.upload(0);
    assert.deepEqual(
      ofType(refused, 'assign').map(({ worker, reason }) => [worker, reason]),
      [
        [0, 'refused'],
        [1, 'restarted'],
        [2, 'restarted'],
      ],
    );
    assert.deepEqual(cancelled(refused), [
      [1, 'all'],
      [2, 'all'],
    ]);
    // Once each, although commit, bound and update all ask for it; the uploader has just been given its work.
    assert.deepEqual(cancelled(engine.upload(1)), [
      [0, 'staleness 1 ≥ 1'],
      [2, 'staleness 1 ≥ 1'],
    ]);
  });

  it('ignores the join of a worker number beyond the most that it takes, and keeps no place for it', () => {
    const engine = script('k-async', { workers: 2, waitCount: 2 });
    for (const worker of [5_000_000, 10_000, -1, 0.5]) {
      const [ignored] = ofType(engine.join(worker), 'ignore');
      assert.equal(ignored?.reason, `worker ${worker} is none of 0 to 9999`);
    }
    assert.equal(engine.state.members.length, 2);
    const small = script('k-async', { workers: 2, waitCount: 2 }, { maxWorkers: 4 });
    assert.equal(ofType(small.join(3), 'assign').length, 1);
    assert.equal(ofType(small.join(4), 'ignore').length, 1);
    const narrow = script('k-async', { workers: 2, waitCount: 2 }, { maxWorkers: 1 });
    assert.equal(ofType(narrow.effects, 'assign').length, 2, 'the expected ones may always join');
  });

  it('finishes after the asked number of rounds', () => {
    const engine = script('asgd', { workers: 2 }, { maxRounds: 2 });
    engine.upload(0);
    const effects = engine.upload(0);
    assert.deepEqual(
      effects.map(({ type }) => type),
      ['accumulate', 'commit', 'finish'],
    );
  });

  it('finishes the open round before it stops, or stops at once', () => {
    const patient = script('k-async', { workers: 3, waitCount: 2 });
    patient.upload(0);
    const stop = { type: 'stop-requested', time: 1, reason: 'asked' } as const;
    patient.event({ ...stop, when: 'finish-round' });
    assert.deepEqual(
      patient.upload(1).map(({ type }) => type),
      ['accumulate', 'commit', 'finish'],
    );
    const abrupt = script('k-async', { workers: 3, waitCount: 2 });
    abrupt.upload(0);
    const types = abrupt.event({ ...stop, when: 'now' }).map(({ type }) => type);
    assert.deepEqual(types, ['discard', 'finish']);
  });

  it('survives a round trip of its state through JSON at any point', () => {
    const engine = script('abs', { workers: 4, k0: 2, a: 4 });
    const other = script('abs', { workers: 4, k0: 2, a: 4 });
    for (const worker of [3, 1, 3, 0, 1, 2, 3, 2]) {
      other.state = JSON.parse(JSON.stringify(other.state)) as typeof other.state;
      assert.deepEqual(other.upload(worker), engine.upload(worker));
    }
  });
});
