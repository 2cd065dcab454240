import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  evaluationsTable,
  headerLine,
  parseRow,
  roundsTable,
  rowLine,
} from '../../src/telemetry/csv-tables.js';
import { fakeEvaluation, fakeRound, fakeRoundRow } from './fake-run.js';

describe('csv tables', () => {
  it('has the columns of the run directory, in order', () => {
    assert.equal(
      headerLine(roundsTable),
      'version,time,wait_count,max_staleness,loss,mean_staleness,uploads,downloads,restarts,communication_rounds,communication_rounds_without_restarts',
    );
    assert.equal(
      headerLine(evaluationsTable),
      'version,time,communication_rounds,test_accuracy,test_loss,communication_rounds_without_restarts',
    );
  });

  it('writes one number per column', () => {
    const record = fakeRound(9, { time: 2.5, loss: 1.75, meanStaleness: 0.5 });
    assert.equal(rowLine(roundsTable, record), '9,2.5,3,6,1.75,0.5,28,46,1,36,27');
    assert.equal(
      rowLine(evaluationsTable, fakeEvaluation(9, { time: 2.5, testAccuracy: 0.25, testLoss: 2 })),
      '9,2.5,36,0.25,2,27',
    );
  });

  it('leaves max_staleness empty where there is no bound, and names a diverged loss', () => {
    const record = fakeRound(1, { time: 1, maxStaleness: null, loss: Number.NaN, meanStaleness: 0 });
    assert.equal(rowLine(roundsTable, record), '1,1,3,,NaN,0,4,14,0,4,3');
    const infinite = fakeRound(1, { time: 1, loss: Number.POSITIVE_INFINITY, meanStaleness: 0 });
    assert.equal(rowLine(roundsTable, infinite), '1,1,3,6,Infinity,0,4,14,0,4,3');
  });

  it('reads back every digit', () => {
    const number = fc.double();
    fc.assert(
      fc.property(number, number, fc.option(fc.nat()), (time, loss, maxStaleness) => {
        // + 0 makes 0 of -0: a file of numbers does not tell them apart.
        const row = fakeRoundRow(3, { time: time + 0, loss: loss + 0, maxStaleness });
        assert.deepStrictEqual(parseRow(roundsTable, rowLine(roundsTable, row)), row);
      }),
    );
  });

  it('says what is wrong with a damaged row', () => {
    assert.throws(() => parseRow(evaluationsTable, '1,2,3'), /3 columns instead of 6/);
    assert.throws(() => parseRow(evaluationsTable, '1,2,x,0.5,1,2'), /"x" is not a number/);
    assert.throws(() => parseRow(evaluationsTable, '1,2,,0.5,1,2'), /communicationRounds/);
  });
});
