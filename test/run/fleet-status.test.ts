import assert from 'node:assert/strict';
import { localOwner } from '../../actors/server/owners.js';
import type { EngineEvent } from '../../protocols/sync/events.js';
import type { HeartbeatMessage, UpdateMessage } from '../../protocols/wire/messages.js';
import { FleetStatus } from '../../src/run/fleet-status.js';
import { EngineScript, optionsFor } from '../support/engine-script.js';

/** K-sync over N workers, K = 1, whose steps the fleet's status hears of. */
class WatchedScript extends EngineScript {
  readonly fleet: FleetStatus;

  constructor(workers: number) {
    super(optionsFor('k-sync', { workers, waitCount: 1 }));
    this.fleet = new FleetStatus(workers);
  }

  override event(event: EngineEvent) {
    const effects = super.event(event);
    this.fleet.step({ event, effects }, this.state);
    return effects;
  }

  status(worker: number) {
    return this.fleet.workers().find((status) => status.worker === worker);
  }

  stateOf(worker: number) {
    return this.status(worker)?.state;
  }
}

function heartbeat(worker: number, attempt: number, state: HeartbeatMessage['state']): HeartbeatMessage {
  return { type: 'heartbeat', run: 'test', ...localOwner, worker, incarnation: 1, attempt, state };
}

function update(worker: number, attempt: number, taskSeconds: number): UpdateMessage {
  return {
    type: 'update',
    run: 'test',
    ...localOwner,
    epoch: 1,
    worker,
    incarnation: 1,
    attempt,
    updateId: `${worker}.1.${attempt}`,
    baseVersion: 0,
    steps: 10,
    samples: 320,
    loss: 1,
    firstLoss: 2,
    computeSeconds: 1,
    taskSeconds,
  };
}

describe('fleet status', () => {
  it('follows a worker from joining to being given up', () => {
    const run = new WatchedScript(2);
    const states: unknown[] = [run.stateOf(1)];
    run.join(1);
    states.push(run.stateOf(1));
    run.lose(1, true);
    states.push(run.stateOf(1));
    run.join(1, 2);
    states.push(run.stateOf(1));
    run.lose(1, false);
    states.push(run.stateOf(1));
    assert.deepEqual(states, ['joining', 'computing', 'restarting', 'computing', 'gone']);
    assert.equal(run.status(1)?.incarnation, 2);
  });

  it('says idle for a worker that waits for the commit', () => {
    const fleet = new FleetStatus(2);
    const policy = { name: 'two', initial: () => null, waitCount: () => ({ value: 2, reason: 'two' }) };
    const engine = new EngineScript({ policy, workers: 2, localSteps: 1 });
    engine.joinAll();
    engine.upload(0);
    fleet.step({ event: { type: 'deadline-passed', time: 0, deadline: 'any' }, effects: [] }, engine.state);
    assert.deepEqual(
      fleet.workers().map(({ state }) => state),
      ['idle', 'computing'],
    );
  });

  it('believes a heartbeat about waiting and uploading, of the present attempt only', () => {
    const run = new WatchedScript(2);
    run.joinAll();
    run.fleet.heard(heartbeat(0, 1, 'waiting'));
    assert.equal(run.stateOf(0), 'waiting');
    run.fleet.heard(heartbeat(0, 1, 'uploading'));
    assert.equal(run.stateOf(0), 'uploading');
    run.fleet.heard(heartbeat(0, 1, 'idle'));
    assert.equal(run.stateOf(0), 'computing', 'the server knows better whether it is idle');
    run.fleet.heard(heartbeat(0, 1, 'uploading'));
    run.upload(1); // worker 0 restarts with attempt 2
    assert.equal(run.stateOf(0), 'computing');
  });

  it('counts tasks once, however often their update is repeated, with the time of its first copy', () => {
    const run = new WatchedScript(2);
    run.joinAll();
    assert.equal(run.status(0)?.meanTaskSeconds, null);
    for (const seconds of [3, 5, 7]) run.fleet.heard(update(0, 1, seconds));
    assert.deepEqual([run.status(0)?.tasks, run.status(0)?.meanTaskSeconds], [1, 3]);
    run.fleet.heard(update(0, 2, 5));
    run.fleet.heard(update(0, 1, 9));
    assert.deepEqual([run.status(0)?.tasks, run.status(0)?.meanTaskSeconds], [2, 4]);
    assert.equal(run.status(1)?.tasks, 0);
  });

  it('says suspect while a worker is silent, whatever it does, but not of a life that is over', () => {
    const run = new WatchedScript(2);
    run.joinAll();
    run.fleet.suspicion(1, 1, true);
    assert.equal(run.stateOf(1), 'suspect');
    run.fleet.suspicion(1, 1, false);
    assert.equal(run.stateOf(1), 'computing');
    run.fleet.suspicion(1, 1, true);
    run.join(1, 2);
    assert.equal(run.stateOf(1), 'computing');
    run.lose(1, false);
    run.fleet.suspicion(1, 2, true);
    assert.equal(run.stateOf(1), 'gone');
  });

  it('counts contributions and restarts', () => {
    const run = new WatchedScript(3);
    run.joinAll();
    run.upload(0);
    run.upload(0);
    run.upload(2);
    const counts = run.fleet.workers().map(({ contributions, restarts }) => [contributions, restarts]);
    assert.deepEqual(counts, [
      [2, 1],
      [0, 3],
      [1, 2],
    ]);
  });

  it('counts a crash once for each life that ended', () => {
    const run = new WatchedScript(2);
    run.joinAll();
    run.lose(1, true);
    run.lose(1, true); // said again: ignored
    run.lose(1, false); // the same life, now given up
    assert.equal(run.status(1)?.crashes, 1);
    run.join(1, 2);
    run.lose(1, true);
    assert.equal(run.status(1)?.crashes, 2);
  });

  it('keeps no entry for workers that were never taken in, however large their number', () => {
    const run = new WatchedScript(2);
    run.joinAll();
    run.join(5_000_000);
    run.fleet.heard(update(5_000_000, 1, 1));
    run.fleet.heard(heartbeat(7, 1, 'waiting'));
    assert.deepEqual(
      run.fleet.workers().map(({ worker }) => worker),
      [0, 1],
    );
    run.join(9);
    run.fleet.heard(update(9, 1, 2));
    const last = run.fleet.workers().at(-1);
    assert.deepEqual([last?.worker, last?.state, last?.tasks], [9, 'computing', 1]);
    assert.equal(run.fleet.workers().length, 3);
  });
});
