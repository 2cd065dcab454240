/** Each run is worked out by hand; the numbers are uploads, downloads, restarts, communication rounds, discarded updates. */
import assert from 'node:assert/strict';
import { countCommunication, nothingCommunicated } from '../../../protocols/sync/communication.js';
import type { EngineEvent } from '../../../protocols/sync/events.js';
import type { Policy } from '../../../protocols/sync/policy.js';
import { EngineScript, optionsFor } from '../../support/engine-script.js';

/** An engine whose steps are counted. */
class CountedScript extends EngineScript {
  counts = nothingCommunicated;

  override event(event: EngineEvent) {
    const effects = super.event(event);
    this.counts = countCommunication(this.counts, { event, effects });
    return effects;
  }

  /** Uploads, downloads, restarts, communication rounds, discarded updates. */
  get figures(): readonly number[] {
    const { uploads, downloads, restarts, communicationRounds, discarded } = this.counts;
    return [uploads, downloads, restarts, communicationRounds, discarded];
  }
}

function counted(...options: Parameters<typeof optionsFor>): CountedScript {
  const engine = new CountedScript(optionsFor(...options));
  engine.joinAll();
  return engine;
}

function countedOwn(policy: Partial<Policy<null>>, workers = 3) {
  const whole = {
    name: 'own',
    initial: () => null,
    waitCount: () => ({ value: 2, reason: 'two' }),
    ...policy,
  };
  const engine = new CountedScript({ policy: whole, workers, localSteps: 10 });
  engine.joinAll();
  return engine;
}

describe('communication', () => {
  describe('without what only restarts add', () => {
    const both = ({ counts }: CountedScript) => [
      counts.communicationRounds,
      counts.communicationRoundsWithoutRestarts,
    ];

    it('counts the uploaders of a round alone', () => {
      const engine = counted('k-sync', { workers: 5, waitCount: 2 });
      engine.upload(0);
      assert.deepEqual(both(engine), [1, 1]);
      engine.upload(1); // three others restart
      assert.deepEqual(both(engine), [5, 2]);
      engine.upload(4);
      engine.upload(2);
      assert.deepEqual(both(engine), [10, 4]);
    });

    it('counts a worker that was restarted, and then uploads in the same round, once in both', () => {
      const engine = countedOwn({
        waitCount: () => ({ value: 3, reason: 'three' }),
        restarts: (_state, { contributions }, moment) =>
          moment === 'update' && contributions.length === 1 ? [{ worker: 2, reason: 'slow' }] : [],
      });
      engine.upload(0); // worker 2 restarts
      assert.deepEqual(both(engine), [2, 1]);
      engine.upload(2);
      assert.deepEqual(both(engine), [2, 2]);
      engine.upload(1);
      assert.deepEqual(both(engine), [3, 3]);
    });

    it('counts an uploader that restarts later in its round once, and several mini-batches of one worker once', () => {
      const engine = countedOwn({ counts: 'mini-batches', maxStaleness: () => 1 });
      engine.upload(0);
      engine.upload(1); // closes the round; worker 0, which works on, restarts, and worker 2
      assert.deepEqual(both(engine), [3, 2]);
      const several = countedOwn({ counts: 'mini-batches' });
      several.upload(0);
      several.upload(0);
      assert.deepEqual([...both(several), several.counts.uploads], [1, 1, 2]);
    });
  });

  it('counts a download for each worker that joins, and no communication round', () => {
    assert.deepEqual(counted('k-async', { workers: 4, waitCount: 2 }).figures, [0, 4, 0, 0, 0]);
  });

  it('counts the uploaders of a K-async round, and their new models', () => {
    const engine = counted('k-async', { workers: 4, waitCount: 2 });
    engine.upload(3);
    assert.deepEqual(engine.figures, [1, 4, 0, 1, 0]);
    engine.upload(1);
    assert.deepEqual(engine.figures, [2, 6, 0, 2, 0]);
    // Worker 3 again, in another round: it communicates again.
    engine.upload(3);
    engine.upload(0);
    assert.deepEqual(engine.figures, [4, 8, 0, 4, 0]);
    assert.equal(engine.counts.trainedSamples, 4 * 320);
  });

  it('counts everybody in each K-sync round: K uploaders and N − K restarted', () => {
    const engine = counted('k-sync', { workers: 5, waitCount: 2 });
    engine.upload(0);
    engine.upload(1);
    assert.deepEqual(engine.figures, [2, 5 + 5, 3, 5, 0]);
    engine.upload(4);
    engine.upload(2);
    assert.deepEqual(engine.figures, [4, 15, 6, 10, 0]);
  });

  it('counts all N of a round of Local SGD', () => {
    const engine = counted('local-sgd', { workers: 3 });
    for (const worker of [0, 1, 2, 2, 1, 0]) engine.upload(worker);
    assert.deepEqual(engine.figures, [6, 9, 0, 6, 0]);
  });

  it('counts the restarts of ABS with the round whose commit asks for them', () => {
    // K = 1, τ_max = 2: after the second commit workers 1 and 2 are two rounds behind.
    const engine = counted('abs', { workers: 3, waitCount: 1, maxStaleness: 2 });
    engine.upload(0);
    assert.deepEqual(engine.figures, [1, 4, 0, 1, 0]);
    engine.upload(0);
    assert.deepEqual(engine.figures, [2, 7, 2, 4, 0]);
    // In the round after it, worker 1 communicates again.
    engine.upload(1);
    assert.deepEqual(engine.figures, [3, 8, 2, 5, 0]);
  });

  it('counts a worker once a round, however often it is restarted between commits', () => {
    const engine = countedOwn({
      restarts: (_state, _view, moment) => (moment === 'update' ? [{ worker: 2, reason: 'slow' }] : []),
      admit: (_state, { worker }) =>
        worker === 1 ? { accept: false, reason: 'no' } : { accept: true, weight: 1, reason: 'yes' },
    });
    engine.upload(1); // refused, given new work; worker 2 restarts
    assert.deepEqual(engine.figures, [1, 3 + 2, 1, 2, 1]);
    engine.upload(1);
    assert.deepEqual(engine.figures, [2, 7, 2, 2, 2]);
    engine.upload(0);
    assert.deepEqual(engine.figures, [3, 8, 3, 3, 2]);
    engine.upload(2); // closes the round, and has just been given its new work
    assert.deepEqual(engine.figures, [4, 10, 3, 3, 2]);
    engine.upload(0); // the next round: workers 0 and 2
    assert.deepEqual(engine.figures, [5, 11, 4, 5, 2]);
    assert.equal(engine.counts.trainedSamples, 2 * 320);
  });

  it('counts an uploader that is restarted at the commit once', () => {
    // Mini-batches: worker 0 gives one, pulls, and works on when worker 1 closes the round.
    const engine = countedOwn({ counts: 'mini-batches', maxStaleness: () => 1 });
    engine.upload(0);
    assert.deepEqual(engine.figures, [1, 4, 0, 1, 0]);
    engine.upload(1);
    assert.deepEqual(engine.figures, [2, 7, 2, 3, 0]);
  });

  it('counts a worker that gives several mini-batches in one round once', () => {
    const engine = countedOwn({ counts: 'mini-batches' });
    engine.upload(0);
    engine.upload(0);
    assert.equal(engine.state.version, 1);
    assert.deepEqual(engine.figures, [2, 5, 0, 1, 0]);
  });

  it('counts a task that overran its limit as communication but not as a restart, and a pause as nothing', () => {
    const engine = counted('mindflayer', { workers: 3, trials: 1, timeLimit: 1 });
    engine.upload(0); // pauses
    assert.deepEqual(engine.figures, [1, 3, 0, 1, 0]);
    engine.upload(1);
    engine.overrun(2); // closes the round; all three go on
    assert.deepEqual(engine.figures, [2, 6, 0, 3, 0]);
    engine.overrun(2); // in the next round, of which nothing has come yet
    assert.deepEqual(engine.figures, [2, 7, 0, 4, 0]);
    assert.equal(engine.counts.communicationRoundsWithoutRestarts, 2);
  });

  it('counts an update once, in however many commits it has a part', () => {
    const engine = counted('ringleader', { workers: 2 });
    for (const worker of [0, 1]) engine.upload(worker);
    assert.equal(engine.counts.trainedSamples, 2 * 320);
    engine.upload(0);
    assert.equal(engine.state.version, 2);
    assert.equal(engine.counts.trainedSamples, 3 * 320);
    engine.upload(0);
    engine.upload(1);
    engine.lose(1, true);
    // What worker 1 gave had its part.
    assert.deepEqual(engine.figures, [5, 2 + 5, 0, 5, 0]);
  });

  it('counts repeated uploads nowhere', () => {
    const engine = counted('k-async', { workers: 3, waitCount: 2 });
    engine.upload(1);
    const before = engine.counts;
    engine.upload(1);
    engine.upload(1);
    assert.deepEqual(engine.counts, before);
  });

  it('counts uploads of cancelled work and of the dead as discarded only', () => {
    const engine = counted('k-sync', { workers: 3, waitCount: 1 });
    engine.upload(0);
    const [uploads = 0, downloads = 0, restarts = 0, rounds = 0] = engine.figures;
    assert.deepEqual([uploads, downloads, restarts, rounds], [1, 6, 2, 3]);
    engine.upload(1, { attempt: 1, baseVersion: 0 });
    engine.upload(2, { incarnation: 9 });
    engine.upload(77);
    assert.deepEqual(engine.figures, [1, 6, 2, 3, 3]);
  });

  it('counts a non-finite upload that is refused: it was uploaded, discarded, and given a new model', () => {
    const engine = counted('k-async', { workers: 2, waitCount: 2 }, { skipNonFinite: true });
    engine.upload(1, { finite: false });
    assert.deepEqual(engine.figures, [1, 3, 0, 1, 1]);
    engine.upload(1);
    engine.upload(0);
    assert.deepEqual(engine.figures, [3, 5, 0, 2, 1]);
    assert.equal(engine.counts.trainedSamples, 2 * 320);
  });

  it('counts what a lost worker uploaded, its update as discarded, and the model of its next life', () => {
    const engine = counted('k-async', { workers: 3, waitCount: 2 });
    engine.upload(2);
    engine.lose(2, true);
    assert.deepEqual(engine.figures, [1, 3, 0, 1, 1]);
    engine.join(2, 2);
    assert.deepEqual(engine.figures, [1, 4, 0, 1, 1]);
    engine.upload(2); // the same round: it has communicated in it already
    assert.deepEqual(engine.figures, [2, 4, 0, 1, 1]);
    engine.upload(0);
    assert.deepEqual(engine.figures, [3, 6, 0, 2, 1]);
  });

  it('counts what is held when the run stops at once as discarded', () => {
    const engine = counted('local-sgd', { workers: 3 });
    engine.upload(0);
    engine.upload(1);
    engine.event({ type: 'stop-requested', time: 1, when: 'now', reason: 'asked' });
    assert.deepEqual(engine.figures, [2, 3, 0, 2, 2]);
    assert.equal(engine.counts.trainedSamples, 0);
  });

  it('goes on from counts that were written out as JSON', () => {
    const engine = counted('k-sync', { workers: 3, waitCount: 2 });
    const other = counted('k-sync', { workers: 3, waitCount: 2 });
    for (const worker of [2, 0, 1, 2, 2, 0]) {
      other.counts = JSON.parse(JSON.stringify(other.counts)) as typeof other.counts;
      engine.upload(worker);
      other.upload(worker);
      assert.deepEqual(other.counts, engine.counts);
    }
  });
});
