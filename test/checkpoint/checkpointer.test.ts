/** When a run saves itself, and what becomes of it when it cannot. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { Checkpoint } from '../../src/checkpoint/checkpoint.js';
import { StalewartError } from '../../src/errors.js';
import { Checkpointer } from '../../src/run/checkpointer.js';
import { liveCheckpoints } from '../../src/run/live-checkpoints.js';
import { sampleCheckpoint } from './support/sample-checkpoint.js';

/** A store that is written to by hand. */
function bench(every: number) {
  const told: string[] = [];
  const asked: { readonly version: number; answer: (failure?: Error) => void }[] = [];
  let synced = 0;
  const checkpointer = new Checkpointer({
    store: {
      place: 'here',
      save: (_bytes, { version }) =>
        new Promise((resolve, reject) => {
          asked.push({ version, answer: (failure) => (failure === undefined ? resolve() : reject(failure)) });
          arrived();
        }),
    },
    every,
    savedVersion: null,
    syncRecord: () => {
      synced += 1;
      return Promise.resolve();
    },
    notice: (level, message) => told.push(`${level}: ${message}`),
  });
  let arrived: () => void = () => undefined;
  const nextAsked = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
    });
  return { checkpointer, told, asked, nextAsked, synced: () => synced };
}

const commit = (version: number) =>
  ({
    step: {
      event: { type: 'deadline-passed', time: 1, deadline: 'x' },
      effects: [
        {
          type: 'commit',
          version,
          waitCount: 1,
          maxStaleness: null,
          contributions: [],
          scale: 1,
          loss: 1,
          degraded: null,
          staleness: [],
          reason: '',
        },
      ],
    },
    state: { ...sampleCheckpoint(version).state.engine, policy: null },
    capture: (): Checkpoint => sampleCheckpoint(version),
  }) as const;

describe('Checkpointer', () => {
  it('goes on with the checkpoint before when one cannot be written, says so, and takes the next', async () => {
    const { checkpointer, told, asked, nextAsked, synced } = bench(2);
    for (const version of [2, 4, 6]) {
      const coming = nextAsked();
      const saved = checkpointer.save(sampleCheckpoint(version));
      await coming;
      assert.equal(checkpointer.isBusy, true);
      const full = new StalewartError(
        'WRITE',
        `the checkpoint of version ${version} cannot be written: disk full`,
      );
      asked.at(-1)?.answer(version === 4 ? full : undefined);
      assert.equal(await saved, version !== 4);
      assert.equal(checkpointer.savedVersion, version === 4 ? 2 : version);
    }
    assert.equal(synced(), 3);
    assert.deepEqual(
      told.filter((line) => !line.startsWith('debug')),
      [
        'error: the checkpoint of version 4 cannot be written: disk full: the run goes on, and that of version 2 stays; the next is tried when it is due',
        'info: checkpoints are written again: version 6 in here',
      ],
    );
  });

  it('takes what the run holds when it is asked, not when it is written', async () => {
    const { checkpointer, asked, nextAsked } = bench(1);
    const checkpoint = sampleCheckpoint(1);
    const coming = nextAsked();
    const saved = checkpointer.save(checkpoint);
    checkpoint.vectors.get('weights')?.fill(0);
    await coming;
    asked[0]?.answer();
    assert.equal(await saved, true);
  });
});

describe('the checkpoints of a live run', () => {
  it('hold a round back until it is on the disk where every round has one', async () => {
    const { checkpointer, asked, nextAsked } = bench(1);
    const settle = liveCheckpoints(checkpointer);
    const { step, state, capture } = commit(1);
    const coming = nextAsked();
    const released = settle(step, state, capture);
    assert.ok(released instanceof Promise);
    await coming;
    asked[0]?.answer();
    await released;
    assert.equal(checkpointer.savedVersion, 1);
  });

  it('hold nothing back otherwise, and pass over what falls due while one is being written', async () => {
    const { checkpointer, asked, nextAsked } = bench(2);
    const settle = liveCheckpoints(checkpointer);
    const coming = nextAsked();
    for (const version of [1, 2, 3, 4]) {
      const { step, state, capture } = commit(version);
      assert.equal(settle(step, state, capture), undefined);
    }
    await coming;
    asked[0]?.answer();
    await checkpointer.idle();
    assert.deepEqual(
      asked.map(({ version }) => version),
      [2],
    );
  });

  it('save the last version of a run that is over, whatever its number', async () => {
    const { checkpointer, asked, nextAsked } = bench(100);
    const settle = liveCheckpoints(checkpointer);
    const { step, state, capture } = commit(7);
    const coming = nextAsked();
    const released = settle({ ...step, effects: [] }, { ...state, status: 'over' }, capture);
    await coming;
    asked[0]?.answer();
    await released;
    assert.equal(checkpointer.savedVersion, 7);
    assert.equal(settle({ ...step, effects: [] }, { ...state, status: 'over' }, capture), undefined);
  });
});
