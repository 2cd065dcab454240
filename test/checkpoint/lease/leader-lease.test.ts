/** What a server is told of its lease, on a virtual clock and a key that answers at once, or not at all. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createLeaderLease, type LeaseKey } from '../../../src/checkpoint/lease/leader-lease.js';
import type { LeaseEntry } from '../../../src/checkpoint/lease/lease-record.js';
import { StalewartError } from '../../../src/errors.js';
import { createVirtualClock } from '../../support/virtual-clock.js';

const ttlSeconds = 3;

function world() {
  const clock = createVirtualClock(100);
  let entry: LeaseEntry = { revision: 0, record: null };
  let away = false;
  /** How far the machine slept: the date has gone on, the clock has not. */
  let slept = 0;
  /** How long a stopped process has been without its timers: the clock has gone on. */
  let stopped = 0;
  const key: LeaseKey = {
    async read() {
      if (away) throw new Error('no answer');
      return entry;
    },
    async write(record, expected) {
      if (away) throw new Error('no answer');
      if (entry.revision !== expected) return null;
      entry = { revision: expected + 1, record };
      return entry.revision;
    },
  };
  return {
    clock,
    lease: (holder: string) =>
      createLeaderLease({
        key,
        holder,
        ttlSeconds,
        clock: {
          now: () => clock.now() + stopped,
          after: (seconds, callback) => clock.after(seconds, callback),
        },
        date: () => 1e9 + clock.now() + stopped + slept,
      }),
    entry: () => entry,
    set: (changed: LeaseEntry) => {
      entry = changed;
    },
    goAway: (isAway: boolean) => {
      away = isAway;
    },
    sleep: (seconds: number) => {
      slept += seconds;
    },
    stop: (seconds: number) => {
      stopped += seconds;
    },
  };
}

describe('leader lease', () => {
  it('is given at once where nobody has it, and its epoch is the revision', async () => {
    const { lease, entry } = world();
    const one = lease('one');
    assert.equal(one.mayCommit(), false);
    assert.equal(await one.acquire(false), 1);
    assert.equal(one.mayCommit(), true);
    assert.equal(entry().record?.holder, 'one');
    one.close();
  });

  it('keeps its epoch through renewals, and others from it', async () => {
    const { clock, lease, entry } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    void two.acquire(true);
    await clock.advance(10 * ttlSeconds);
    assert.deepEqual(one.standing(), { type: 'leading', epoch: 1 });
    assert.ok(entry().revision >= 30);
    assert.deepEqual(two.standing(), {
      type: 'waiting',
      leader: { holder: 'one', epoch: 1 },
      leaderLives: true,
      trouble: null,
    });
    one.close();
    two.close();
  });

  it('refuses a second server that is no standby, as soon as the leader is seen to live', async () => {
    const { clock, lease } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    const refused = assert.rejects(two.acquire(false), {
      code: 'SERVICE',
      message: /^the run is led by one \(epoch 1\): start this server with --standby/,
    });
    await clock.advance(ttlSeconds / 2);
    await refused;
    one.close();
    two.close();
  });

  it('goes to a standby within 1.2 terms of the last renewal when the leader is gone', async () => {
    const { clock, lease } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    const second = two.acquire(true);
    await clock.advance(2 * ttlSeconds);
    one.close();
    await clock.advance(1.2 * ttlSeconds);
    assert.equal(two.standing().type, 'leading');
    assert.ok((await second) > 1);
    two.close();
  });

  it('may not commit once a process that was stopped wakes up, before anything else has run', async () => {
    const { lease, stop } = world();
    const one = lease('one');
    await one.acquire(false);
    stop(ttlSeconds);
    assert.equal(one.mayCommit(), false);
    one.close();
  });

  it('may not commit once a machine that slept wakes up, though its clock stood still', async () => {
    const { clock, lease, sleep } = world();
    const one = lease('one');
    await one.acquire(false);
    sleep(3600);
    assert.equal(one.mayCommit(), false);
    const again = one.whenMayCommit();
    assert.equal(one.standing().type, 'frozen');
    await clock.advance(ttlSeconds / 3);
    await again;
    assert.equal(one.mayCommit(), true);
    one.close();
  });

  it('freezes while the key is away, and goes on in the same epoch', async () => {
    const { clock, lease, goAway } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    void two.acquire(true);
    goAway(true);
    await clock.advance(ttlSeconds);
    assert.deepEqual(one.standing(), { type: 'frozen', epoch: 1, trouble: 'no answer' });
    await clock.advance(5 * ttlSeconds);
    const again = one.whenMayCommit();
    goAway(false);
    await clock.advance(ttlSeconds / 2);
    await again;
    assert.deepEqual(one.standing(), { type: 'leading', epoch: 1 });
    await clock.advance(5 * ttlSeconds);
    assert.equal(two.standing().type, 'waiting');
    one.close();
    two.close();
  });

  it('is deposed when another revision stands there, and says by whom', async () => {
    const { clock, lease, set } = world();
    const one = lease('one');
    await one.acquire(false);
    set({
      revision: 40,
      record: { format: 1, holder: 'two', epoch: 0, write: 1, status: 'held', outcome: null },
    });
    await clock.advance(ttlSeconds / 2);
    assert.deepEqual(one.standing(), { type: 'deposed', epoch: 1, by: 'two', byEpoch: 40 });
    assert.equal(one.mayCommit(), false);
    await assert.rejects(one.whenMayCommit(), {
      code: 'DEPOSED',
      message: /two has taken over \(epoch 40, ours was 1\)/,
    });
    one.close();
  });

  it('is deposed when its key was deleted', async () => {
    const { clock, lease, set } = world();
    const one = lease('one');
    await one.acquire(false);
    set({ revision: 0, record: null });
    await clock.advance(ttlSeconds / 2);
    assert.equal(one.standing().type, 'deposed');
    one.close();
  });

  it('goes to a standby at its next look when it is given up', async () => {
    const { clock, lease } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    const second = two.acquire(true);
    await clock.settle();
    assert.equal(await one.release(), true);
    assert.equal(one.mayCommit(), false);
    await clock.advance(ttlSeconds / 6);
    assert.ok((await second) > 1);
    two.close();
  });

  it('goes to nobody when the run is over', async () => {
    const { clock, lease } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    const waiting = assert.rejects(two.acquire(true), { message: /^run is over \(finished: 40 rounds\)/ });
    assert.equal(await one.release('finished: 40 rounds'), true);
    await clock.advance(ttlSeconds / 6);
    await waiting;
  });

  it('does not wait for ever to give up what it cannot reach', async () => {
    const { clock, lease, goAway } = world();
    const one = lease('one');
    await one.acquire(false);
    goAway(true);
    const released = one.release();
    await clock.advance(ttlSeconds);
    assert.equal(await released, false);
    one.close();
    assert.equal(clock.pending(), 0);
  });

  it('fails when what stands in the key can never be read', async () => {
    const { clock } = world();
    const problem = new StalewartError('SERVICE', 'lease in bucket b cannot be read');
    const key: LeaseKey = { read: () => Promise.reject(problem), write: () => Promise.reject(problem) };
    const one = createLeaderLease({ key, holder: 'one', ttlSeconds, clock });
    await assert.rejects(one.acquire(true), problem);
    one.close();
  });

  it('stops to wait when it is told to', async () => {
    const { lease } = world();
    const one = lease('one');
    const two = lease('two');
    await one.acquire(false);
    const stop = new AbortController();
    const waiting = assert.rejects(two.acquire(true, stop.signal), /enough/);
    stop.abort(new Error('enough'));
    await waiting;
    one.close();
    two.close();
  });
});
