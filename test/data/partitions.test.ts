import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatPartition, makePartitions, parsePartition, type PartitionSpec } from '../../src/data/index.js';
import { StalewartError } from '../../src/errors.js';
import { countClasses } from '../../src/data/statistics.js';

const classes = 6;
const labelled = fc.array(fc.nat(classes - 1), { minLength: 1, maxLength: 300 });
const specs: fc.Arbitrary<PartitionSpec> = fc.oneof(
  fc.constant<PartitionSpec>({ kind: 'iid' }),
  fc.double({ min: 1e-300, max: 1e6, noNaN: true }).map((alpha) => ({ kind: 'dirichlet' as const, alpha })),
  fc.integer({ min: 1, max: 5 }).map((shardsPerWorker) => ({ kind: 'shards' as const, shardsPerWorker })),
);
const cases = fc
  .record({ labels: labelled, spec: specs, seed: fc.integer(), workers: fc.integer({ min: 1, max: 12 }) })
  .filter(({ labels, spec, workers }) => {
    const shards = spec.kind === 'shards' ? spec.shardsPerWorker : 1;
    return workers * shards <= labels.length;
  });

/** Balanced labels, as in CIFAR-10 but fewer. */
const balanced = Array.from({ length: 5000 }, (_, i) => i % 10);

const isConfigError = (field: string, message: RegExp) => (error: unknown) =>
  error instanceof StalewartError &&
  error.code === 'CONFIG' &&
  error.field === field &&
  message.test(error.message);

describe('partitions', () => {
  it('give every example to exactly one worker, and every worker at least one', () => {
    fc.assert(
      fc.property(cases, ({ labels, spec, seed, workers }) => {
        const partitions = makePartitions(spec, labels, classes, workers, seed);
        assert.equal(partitions.length, workers);
        assert.ok(partitions.every((partition) => partition.length >= 1));
        const all = partitions.flatMap((partition) => [...partition]).sort((a, b) => a - b);
        assert.deepEqual(
          all,
          labels.map((_, i) => i),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('are ascending and in shared memory', () => {
    fc.assert(
      fc.property(cases, ({ labels, spec, seed, workers }) => {
        for (const partition of makePartitions(spec, labels, classes, workers, seed)) {
          assert.ok(partition.buffer instanceof SharedArrayBuffer);
          assert.deepEqual(
            [...partition],
            [...partition].sort((a, b) => a - b),
          );
        }
      }),
    );
  });

  it('are the same for the same seed', () => {
    fc.assert(
      fc.property(cases, ({ labels, spec, seed, workers }) => {
        const once = makePartitions(spec, labels, classes, workers, seed);
        assert.deepEqual(makePartitions(spec, labels, classes, workers, seed), once);
      }),
    );
  });

  it('are others for another seed', () => {
    for (const text of ['iid', 'dirichlet:0.5', 'shards:2']) {
      const spec = parsePartition(text);
      const one = makePartitions(spec, balanced, 10, 8, 1);
      assert.notDeepEqual(makePartitions(spec, balanced, 10, 8, 2), one);
    }
  });

  it('differ in size by at most one example under iid, and by one per shard under shards', () => {
    fc.assert(
      fc.property(cases, ({ labels, spec, seed, workers }) => {
        const sizes = makePartitions(spec, labels, classes, workers, seed).map(({ length }) => length);
        const spread = Math.max(...sizes) - Math.min(...sizes);
        switch (spec.kind) {
          case 'iid':
            assert.ok(spread <= 1);
            break;
          case 'shards':
            assert.ok(spread <= spec.shardsPerWorker);
            break;
          case 'dirichlet':
            // Sizes may differ by any number.
            break;
        }
      }),
    );
  });

  it('are refused for more workers than examples, or none', () => {
    for (const workers of [0, 4, 1.5]) {
      assert.throws(
        () => makePartitions({ kind: 'iid' }, [0, 1, 2], 3, workers, 1),
        isConfigError('workers', /an integer from 1 to 3/),
      );
    }
  });
});

describe('shards', () => {
  it('give a worker at most one class per shard where shards divide classes evenly', () => {
    const partitions = makePartitions({ kind: 'shards', shardsPerWorker: 2 }, balanced, 10, 10, 3);
    for (const partition of partitions) {
      const present = new Set([...partition].map((example) => balanced[example]));
      assert.ok(present.size <= 2);
      assert.equal(partition.length, 500);
    }
  });

  it('are refused when there are more than examples', () => {
    assert.throws(
      () => makePartitions({ kind: 'shards', shardsPerWorker: 4 }, [0, 1, 2, 0, 1, 2, 1], 3, 2, 1),
      isConfigError('partition', /^partition is "shards:4": it must be at most shards:3 for 2 workers and 7/),
    );
  });
});

describe('dirichlet partitions', () => {
  /** Mean over the workers of the share of their commonest class. */
  function skew(alpha: number, seed: number): number {
    const partitions = makePartitions({ kind: 'dirichlet', alpha }, balanced, 10, 10, seed);
    const shares = partitions.map((partition) => {
      const counts = countClasses(
        [...partition].map((example) => balanced[example] ?? 0),
        10,
      );
      return Math.max(...counts) / partition.length;
    });
    return shares.reduce((sum, share) => sum + share, 0) / shares.length;
  }

  it('are the more skewed the smaller alpha is, and even in the limit', () => {
    for (const seed of [1, 2, 3]) {
      const skews = [0.01, 0.1, 1, 10, 10_000].map((alpha) => skew(alpha, seed));
      assert.deepEqual(
        skews,
        skews.toSorted((a, b) => b - a),
      );
      assert.ok((skews[0] ?? 0) > 0.8);
      assert.ok((skews[4] ?? 1) < 0.12);
    }
  });

  it('leave every worker the minimum, however small alpha is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 2, noNaN: true }),
        fc.integer(),
        fc.integer({ min: 1, max: 100 }),
        (alpha, seed, minimum) => {
          const spec = { kind: 'dirichlet' as const, alpha };
          const partitions = makePartitions(spec, balanced.slice(0, 1000), 10, 10, seed, minimum);
          assert.ok(partitions.every(({ length }) => length >= minimum));
          assert.equal(
            partitions.reduce((sum, { length }) => sum + length, 0),
            1000,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are refused when the examples do not suffice for the minimum', () => {
    assert.throws(
      () => makePartitions({ kind: 'dirichlet', alpha: 1 }, balanced, 10, 10, 1, 501),
      isConfigError('workers', /at most 9 for 5000 examples, 501 for each worker/),
    );
  });
});

describe('the partition setting', () => {
  it('is read, and written as it was read', () => {
    const read: readonly [string, PartitionSpec][] = [
      ['iid', { kind: 'iid' }],
      ['dirichlet:0.3', { kind: 'dirichlet', alpha: 0.3 }],
      ['shards:2', { kind: 'shards', shardsPerWorker: 2 }],
    ];
    for (const [text, spec] of read) {
      assert.deepEqual(parsePartition(text), spec);
      assert.equal(formatPartition(spec), text);
    }
  });

  it('survives being written and read for every division', () => {
    fc.assert(
      fc.property(specs, (spec) => {
        assert.deepEqual(parsePartition(formatPartition(spec)), spec);
      }),
    );
  });

  it('is refused otherwise, naming the field, the value and what is allowed', () => {
    const wrong = [
      '',
      'IID',
      'iid:1',
      'dirichlet',
      'dirichlet:',
      'dirichlet:0',
      'dirichlet:-1',
      'dirichlet:x',
    ];
    for (const text of [...wrong, 'dirichlet:Infinity', 'shards:0', 'shards:1.5', 'shards:2:3', 'random']) {
      assert.throws(
        () => parsePartition(text),
        isConfigError('partition', /^partition is ".*": it must be iid, dirichlet:ALPHA .* or shards:C/),
      );
    }
  });
});
