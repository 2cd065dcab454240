/** For fast-check: what a forecast may be told of the rounds to come; tasks to come take one to three units. */
import fc from 'fast-check';
import type { Outlook } from '../../src/simulator/forecast.js';

export const arbitraryOutlook: fc.Arbitrary<Outlook> = fc.record({
  version: fc.nat(9),
  held: fc.nat(4),
  waiting: fc.array(fc.record({ worker: fc.integer({ min: 50, max: 60 }), attempt: fc.nat(9) })),
  waitCount: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(Infinity)),
  bound: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(2.5, Infinity)),
  test: fc.constantFrom('ge' as const, 'gt' as const),
  pulls: fc.boolean(),
  endOf: fc.constant(
    (worker: number, attempt: number, beginsAt: number) => beginsAt + 1 + ((worker + attempt) % 3),
  ),
});
