/** What the lease promises, in every world: at most one leader at any moment, and one again when trouble is over. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { stepLease } from '../../../src/checkpoint/lease/lease-machine.js';
import { runLeaseWorld, type WorldOptions } from './lease-world.js';

const worlds = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  servers: fc.integer({ min: 1, max: 5 }),
  loss: fc.constantFrom(0, 0.05, 0.3),
  longestDelay: fc.constantFrom(0.1, 1, 4),
  pauses: fc.constantFrom(0, 1, 5),
  outages: fc.boolean(),
  stale: fc.constantFrom(0, 0.2),
  troubled: fc.constant(60),
  calm: fc.constant(12),
});

/** The worst of worlds, in which what is wrong shows. */
const storm: Omit<WorldOptions, 'seed'> = {
  servers: 4,
  loss: 0.1,
  longestDelay: 4,
  pauses: 5,
  outages: true,
  stale: 0.2,
  troubled: 60,
  calm: 12,
};

function conflictsOf(mutant: Pick<WorldOptions, 'step' | 'terms'>): number {
  let conflicts = 0;
  for (let seed = 1; seed <= 40; seed++) conflicts += runLeaseWorld({ ...storm, ...mutant, seed }).conflicts;
  return conflicts;
}

describe('leader lease, as a state machine', () => {
  it('never lets two servers commit at one time', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        assert.equal(runLeaseWorld(world).conflicts, 0);
      }),
      { numRuns: 300 },
    );
  });

  it('gives every term of leadership an epoch above all before', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { epochs } = runLeaseWorld(world);
        for (const [index, epoch] of epochs.entries())
          assert.ok(epoch > (epochs[index - 1] ?? 0), epochs.join());
      }),
      { numRuns: 100 },
    );
  });

  it('has one leader when the trouble is over', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        assert.equal(runLeaseWorld(world).leaders, 1);
      }),
      { numRuns: 100 },
    );
  });

  it('goes through changes of leader and frozen leaders in these worlds', () => {
    let changes = 0;
    let frozen = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const outcome = runLeaseWorld({ ...storm, seed });
      changes += outcome.epochs.length - 1;
      frozen += outcome.frozen;
    }
    assert.ok(changes > 100, `${changes} changes`);
    assert.ok(frozen > 100, `${frozen} times frozen`);
  });

  it('would be caught trusting the lease to the end of its term on clocks that differ', () => {
    assert.ok(conflictsOf({ terms: (terms) => ({ ...terms, margin: -terms.ttl / 5 }) }) > 0);
  });

  it('would be caught counting the term from the answer to a renewal', () => {
    const conflicts = conflictsOf({
      step(state, input, now, terms) {
        const turn = stepLease(state, input, now, terms);
        const { phase } = turn.state;
        if (input.type !== 'written' || phase.type !== 'leading') return turn;
        const trustUntil = now + terms.ttl - terms.margin;
        return { ...turn, state: { ...turn.state, phase: { ...phase, trustUntil } } };
      },
    });
    assert.ok(conflicts > 0);
  });

  it('would be caught taking a look at another revision for one at the same', () => {
    const conflicts = conflictsOf({
      step(state, input, now, terms) {
        const { seen } = state;
        const impatient =
          input.type === 'read' && seen !== null
            ? { ...state, seen: { ...seen, entry: input.entry } }
            : state;
        return stepLease(impatient, input, now, terms);
      },
    });
    assert.ok(conflicts > 0);
  });
});
