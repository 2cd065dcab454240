import assert from 'node:assert/strict';
import type { EngineEvent } from '../../protocols/sync/events.js';
import { RoundRecords } from '../../src/run/round-records.js';
import type { RestartRecord, RoundRecord } from '../../src/telemetry/run-events.js';
import { EngineScript, optionsFor } from '../support/engine-script.js';

/** Keeps the records of its steps. */
class RecordedScript extends EngineScript {
  readonly records = new RoundRecords();
  readonly rounds: RoundRecord[] = [];
  readonly restarts: RestartRecord[] = [];

  override event(event: EngineEvent) {
    const effects = super.event(event);
    const { round, restarts } = this.records.step({ event, effects });
    if (round !== null) this.rounds.push(round);
    this.restarts.push(...restarts);
    return effects;
  }
}

function recorded(...options: Parameters<typeof optionsFor>): RecordedScript {
  const run = new RecordedScript(optionsFor(...options));
  run.joinAll();
  return run;
}

describe('round records', () => {
  it('make a record of a round when it closes, and none before', () => {
    const run = recorded('abs', { workers: 3, waitCount: 2, maxStaleness: 2 });
    run.time = 4;
    run.upload(0, { loss: 1 });
    assert.deepEqual(run.rounds, []);
    run.time = 6;
    run.upload(2, { loss: 2 });
    assert.deepEqual(run.rounds, [
      {
        version: 1,
        time: 6,
        waitCount: 2,
        maxStaleness: 2,
        loss: 1.5,
        meanStaleness: 0,
        uploads: 2,
        downloads: 3 + 2,
        restarts: 0,
        communicationRounds: 2,
        communicationRoundsWithoutRestarts: 2,
        degraded: null,
        trainedSamples: 640,
        reason: 'fixed',
      },
    ]);
  });

  it('count in the record of a round what its own commit sets off', () => {
    const run = recorded('k-sync', { workers: 3, waitCount: 1 });
    run.upload(1);
    const [round] = run.rounds;
    assert.deepEqual(
      [round?.uploads, round?.downloads, round?.restarts, round?.communicationRounds],
      [1, 3 + 3, 2, 3],
    );
    assert.equal(round?.communicationRoundsWithoutRestarts, 1);
    assert.equal(run.records.counts.restarts, 2);
  });

  it('average the staleness of the contributions', () => {
    const run = recorded('k-async', { workers: 3, waitCount: 2 });
    for (const worker of [0, 1, 0, 1, 0, 2]) run.upload(worker);
    assert.deepEqual(
      run.rounds.map(({ version, meanStaleness, maxStaleness }) => [version, meanStaleness, maxStaleness]),
      [
        [1, 0, null],
        [2, 0, null],
        [3, 1, null],
      ],
    );
  });

  it('say why a round closed short of its wait count', () => {
    const run = recorded('local-sgd', { workers: 2 }, { roundDeadline: 5 });
    run.upload(0);
    run.event({ type: 'deadline-passed', time: 5, deadline: 'round:0' });
    assert.equal(run.rounds[0]?.degraded, '1 contribution after the deadline of 5');
    assert.deepEqual([run.rounds[0].waitCount, run.rounds[0].time], [2, 5]);
  });

  it('make a record of each restart, with its time and reason', () => {
    const run = recorded('abs', { workers: 3, waitCount: 1, maxStaleness: 2 });
    run.upload(1);
    assert.deepEqual(run.restarts, []);
    run.time = 3;
    run.upload(1);
    assert.deepEqual(run.restarts, [
      { time: 3, worker: 0, staleness: 2, reason: 'staleness 2 ≥ 2' },
      { time: 3, worker: 2, staleness: 2, reason: 'staleness 2 ≥ 2' },
    ]);
  });
});
