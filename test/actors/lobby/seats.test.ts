import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Guest, type Reseating, Seats } from '../../../actors/lobby/seats.js';

const seats = (workers: number): Seats => new Seats({ workers, keepSeconds: 10 });
const owner = (process: string, life = 'a') => ({ process, life });
const workersOf = (at: Seats, process: string): readonly number[] | undefined => at.guest(process)?.workers;

describe('seats', () => {
  it('gives a process as many numbers as it has slots, and says whose they are', () => {
    const at = seats(5);
    const { lost, seated } = at.enter(owner('one'), 2, 0);
    at.enter(owner('two'), 2, 0);
    assert.deepEqual(lost, []);
    assert.deepEqual(
      seated.map(({ process, workers }) => [process, workers]),
      [['one', [0, 1]]],
    );
    assert.deepEqual(workersOf(at, 'two'), [2, 3]);
    assert.equal(at.of(3)?.process, 'two');
    assert.equal(at.of(4), null);
    assert.equal(at.of(5), null);
  });

  it('gives what is free, and the rest when it becomes free, first come, first served', () => {
    const at = seats(3);
    at.enter(owner('one'), 2, 0);
    at.enter(owner('two'), 3, 1);
    at.enter(owner('three'), 1, 2);
    assert.deepEqual(workersOf(at, 'two'), [2]);
    assert.deepEqual(workersOf(at, 'three'), []);
    const { lost, seated } = at.leave(owner('one'), false, 3);
    assert.deepEqual(lost, [0, 1]);
    assert.deepEqual(
      seated.map(({ process }) => process),
      ['two'],
    );
    assert.deepEqual(workersOf(at, 'two'), [2, 0, 1]);
  });

  it('gives a process its old numbers back', () => {
    const at = seats(6);
    at.enter(owner('one'), 2, 0);
    at.enter(owner('two'), 2, 0);
    at.leave(owner('two'), false, 1);
    at.enter(owner('three'), 2, 2); // takes those that nobody has had
    at.enter(owner('two', 'b'), 2, 3);
    assert.deepEqual(workersOf(at, 'three'), [4, 5]);
    assert.deepEqual(workersOf(at, 'two'), [2, 3]);
  });

  it('keeps the numbers of a process that returns, for a while', () => {
    const at = seats(2);
    at.enter(owner('one'), 2, 0);
    at.leave(owner('one'), true, 1);
    at.enter(owner('two'), 1, 2);
    assert.deepEqual(workersOf(at, 'two'), []);
    assert.deepEqual(at.reseat(10.9), []);
    const [seated] = at.reseat(11);
    assert.deepEqual(seated?.workers, [0]);
  });

  it('takes the newest life for the living one, and its workers begin anew', () => {
    const at = seats(3);
    at.enter(owner('one', 'a'), 2, 0);
    const { lost, seated } = at.enter(owner('one', 'b'), 2, 1);
    assert.deepEqual(lost, [0, 1]);
    assert.deepEqual(seated[0]?.workers, [0, 1]);
    assert.equal(at.of(0)?.life, 'b');
    assert.equal(at.heard(owner('one', 'a'), 2), false);
    assert.deepEqual(at.leave(owner('one', 'a'), false, 2).lost, []);
    assert.deepEqual(workersOf(at, 'one'), [0, 1]);
  });

  it('a life that asks again changes nothing, unless it asks for more', () => {
    const at = seats(3);
    at.enter(owner('one'), 1, 0);
    assert.deepEqual(at.enter(owner('one'), 1, 1), { lost: [], seated: [] });
    assert.deepEqual(at.enter(owner('one'), 2, 1).seated[0]?.workers, [0, 1]);
    assert.equal(at.guest('one')?.lastHeard, 1);
  });

  it('never has a number of two owners, more than asked for, or one that waits beside a free one', () => {
    const name = fc.constantFrom('one', 'two', 'three');
    const life = fc.constantFrom('a', 'b');
    const action = fc.oneof(
      fc.record({
        type: fc.constant('enter' as const),
        process: name,
        life,
        slots: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ type: fc.constant('leave' as const), process: name, life, returns: fc.boolean() }),
      fc.record({ type: fc.constant('wait' as const) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const at = seats(5);
        let now = 0;
        /** Whose each number is, by what was told alone. */
        const told = new Map<number, string>();
        const hear = ({ lost, seated }: Reseating): void => {
          for (const worker of lost) assert.ok(told.delete(worker));
          for (const guest of seated) {
            for (const worker of guest.workers) told.set(worker, `${guest.process} ${guest.life}`);
          }
        };
        for (const each of actions) {
          now += 6;
          if (each.type === 'enter') hear(at.enter(each, each.slots, now));
          else if (each.type === 'leave') hear(at.leave(each, each.returns, now));
          else hear({ lost: [], seated: at.reseat(now) });
          const sitting = at.guests.flatMap((guest: Guest) =>
            guest.workers.map((worker) => [worker, `${guest.process} ${guest.life}`] as const),
          );
          assert.deepEqual(new Map(sitting), told);
          assert.equal(sitting.length, told.size);
          for (const { process, life: living, workers, slots } of at.guests) {
            assert.ok(workers.length <= slots);
            for (const worker of workers) assert.deepEqual(at.of(worker), at.guest(process));
            assert.equal(at.guest(process)?.life, living);
          }
        }
        hear({ lost: [], seated: at.reseat(now + 100) });
        const waiting = at.guests.some(({ workers, slots }) => workers.length < slots);
        assert.ok(!waiting || told.size === 5);
      }),
    );
  });
});
