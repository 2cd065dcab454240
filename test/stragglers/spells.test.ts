/** Slow spells: an alternating renewal process that conserves work. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { seededRandom } from '../../src/random/seeded-random.js';
import { createSpells } from '../../src/stragglers/spells.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';

const burst = { on: 10, off: 30, factor: 4 };

describe('slow spells', () => {
  it('are on for on / (on + off) of the time, from the very start', () => {
    let active = 0;
    const machines = 4_000;
    for (let machine = 0; machine < machines; machine++) {
      active += createSpells(burst, seededRandom(machine)).activeAt(0) ? 1 : 0;
    }
    assert.ok(Math.abs(active / machines - 0.25) < 4 * Math.sqrt((0.25 * 0.75) / machines));
    const spells = createSpells(burst, seededRandom(1));
    const looks = Array.from({ length: 40_000 }, (_, index) => spells.activeAt(index * 5));
    assert.ok(Math.abs(looks.filter(Boolean).length / looks.length - 0.25) < 0.02);
  });

  it('last on average as long as they should', () => {
    const spells = createSpells(burst, seededRandom(2));
    const step = 0.05;
    let starts = 0;
    let on = 0;
    for (let index = 1; index < 2_000_000; index++) {
      const active = spells.activeAt(index * step);
      if (active) on += 1;
      if (active && !spells.activeAt((index - 1) * step)) starts += 1;
    }
    assert.ok(Math.abs((on * step) / starts / burst.on - 1) < 0.06, `mean spell ${(on * step) / starts}`);
  });

  it('lengthen work in the long run by (on + off) / (off + on / factor)', () => {
    const spells = createSpells(burst, seededRandom(3));
    const work = 100_000;
    assert.ok(Math.abs(spells.stretch(work, 0) / work / spells.longRunFactor - 1) < 0.03);
    assert.equal(spells.longRunFactor, 40 / 32.5);
  });

  it('conserve work: two pieces one after the other take as long as the whole', () => {
    const time = fc.double({ min: 0, max: 500, noNaN: true });
    fc.assert(
      fc.property(fc.nat(1000), time, time, time, (seed, first, second, from) => {
        const spells = createSpells(burst, seededRandom(seed));
        const whole = spells.stretch(first + second, from);
        const half = spells.stretch(first, from);
        const pieces = half + spells.stretch(second, from + half);
        assert.ok(Math.abs(whole - pieces) < 1e-9 * (1 + whole), `${whole} is not ${pieces}`);
        assert.ok(
          whole >= first + second - 1e-9 && whole <= (first + second) * burst.factor * (1 + 1e-12) + 1e-9,
        );
      }),
    );
  });

  it('do not depend on the order in which times are asked for', () => {
    const late = createSpells(burst, seededRandom(4));
    late.activeAt(5_000);
    const early = createSpells(burst, seededRandom(4));
    for (let time = 0; time < 1_000; time += 7) assert.equal(late.activeAt(time), early.activeAt(time));
  });

  it('pass what is not finite through', () => {
    assert.equal(createSpells(burst, seededRandom(4)).stretch(Infinity, 3), Infinity);
    assert.ok(Number.isNaN(createSpells(burst, seededRandom(4)).stretch(Number.NaN, 3)));
  });

  it('are met by a task only when its start is known, and by no other worker', () => {
    const options = { workers: 2, seed: 6, bursts: { '1': { on: 1000, off: 0.001, factor: 4 } } };
    const taskTimes = createTaskTimes(parseStraggler('constant:mean=1'), options);
    assert.equal(taskTimes.taskTime(1, 1), 1);
    assert.equal(taskTimes.taskTime(0, 1, 50), 1);
    assert.ok(taskTimes.taskTime(1, 1, 50) > 3.9);
  });

  it('are the same for the same seed', () => {
    const options = { workers: 1, seed: 6, bursts: { all: burst } };
    const [one, two] = [0, 1].map(() => createTaskTimes(parseStraggler('exponential'), options));
    for (let attempt = 1; attempt < 50; attempt++) {
      assert.equal(one?.taskTime(0, attempt, attempt * 3), two?.taskTime(0, attempt, attempt * 3));
    }
  });
});
