import assert from 'node:assert/strict';
import fc from 'fast-check';
import { FleetWatch } from '../../../actors/monitor/fleet-watch.js';

const options = {
  heartbeatSeconds: 1,
  suspectAfterSeconds: 3,
  deadAfterSeconds: 10,
  restartSeconds: 4,
  workers: 0,
};

/** A watch with time passing by its looks. Worker 0 is always heard. */
function bench(workers = 0) {
  const watch = new FleetWatch({ ...options, workers }, 0);
  const found: [string, number, number][] = [];
  let now = 0;
  return {
    watch,
    found,
    now: () => now,
    /** @param beating who gives a heartbeat every second */
    pass(seconds: number, beating: readonly number[] = []): void {
      for (const until = now + seconds; now < until; ) {
        now += 0.5;
        if (Number.isInteger(now)) for (const worker of [0, ...beating]) watch.heard(worker, 1, true, now);
        for (const { type, worker } of watch.look(now)) found.push([type, worker, now]);
      }
    },
    /** This process does nothing for so long. */
    sleep(seconds: number): void {
      now += seconds;
    },
  };
}

describe('fleet watch', () => {
  it('suspects a silent worker, then gives it up a heartbeat later where it was regular', () => {
    const b = bench();
    b.pass(30, [1]);
    b.pass(30);
    assert.deepEqual(b.found, [
      ['suspected', 1, 33.5],
      ['dead', 1, 34.5],
    ]);
  });

  it('gives a worker of which little is known the whole of the time', () => {
    const b = bench();
    b.pass(5, [1]);
    b.pass(30);
    assert.deepEqual(b.found, [
      ['suspected', 1, 8.5],
      ['dead', 1, 15.5],
    ]);
  });

  it('trusts a suspect again that is heard', () => {
    const b = bench();
    b.pass(30, [1]);
    b.pass(3.5);
    assert.equal(b.watch.heard(1, 1, false, b.now())?.type, 'trusted');
    assert.equal(b.watch.heard(1, 1, false, b.now()), null);
    b.pass(3);
    assert.deepEqual(b.found, [['suspected', 1, 33.5]]);
  });

  it('learns from heartbeats alone: many uploads do not make a worker that stops uploading dead', () => {
    const b = bench();
    for (let second = 0; second < 60; second += 1) {
      for (let upload = 0; upload < 20; upload += 1) b.watch.heard(1, 1, false, b.now());
      b.pass(1, second % 3 === 0 ? [1] : []);
    }
    b.pass(2);
    assert.deepEqual(b.found, []);
  });

  it('starts a new life with an empty memory', () => {
    const b = bench();
    b.pass(30, [1]);
    b.watch.heard(1, 2, true, b.now());
    b.pass(5);
    assert.deepEqual(b.found, [['suspected', 1, 33.5]]);
  });

  it('does not count its own pause as silence, however long and however often', () => {
    const b = bench();
    b.pass(30, [1]);
    for (let pause = 0; pause < 10; pause += 1) {
      b.sleep(60);
      b.pass(1, [1]);
    }
    assert.deepEqual(b.found, []);
  });

  it('finds a dead worker though this process pauses again and again', () => {
    const b = bench();
    b.pass(30, [1]);
    for (let pause = 0; pause < 10; pause += 1) {
      b.sleep(60);
      b.pass(1);
    }
    assert.deepEqual(
      b.found.map(([type, worker]) => [type, worker]),
      [
        ['suspected', 1],
        ['dead', 1],
      ],
    );
  });

  it('never suspects after death, never kills twice, and never without suspicion before', () => {
    const heartbeats = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(heartbeats, (seconds) => {
        const b = bench();
        for (const beating of seconds) b.pass(1, beating);
        const dead = new Set<number>();
        const suspected = new Set<number>();
        for (const [type, worker] of b.found) {
          if (type === 'suspected') suspected.add(worker);
          if (type !== 'dead') continue;
          assert.ok(suspected.delete(worker), 'dead without suspicion');
          dead.add(worker);
        }
        assert.ok(!dead.has(0));
      }),
    );
  });
});
