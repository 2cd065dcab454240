/** Whole comparisons in this process, on data that take no time. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom, toArray } from 'rxjs';
import {
  type BegunRun,
  compare,
  type Comparison,
  type CompareOptions,
  type EndedRun,
  simulate,
  StalewartError,
  type Summary,
  type TrainOptions,
} from '../../src/index.js';
import { comparisonSchema, readComparison } from '../../src/telemetry/comparison-file.js';
import { summarySchema } from '../../src/telemetry/summary.js';
import { assertShared, type Trace, traceOf } from './fixtures/run-trace.js';

const common = {
  dataset: 'synthetic:examples=320,test=100,size=8,channels=1',
  model: 'mlp',
  workers: 4,
  k0: 2,
  a: 4,
  localSteps: 2,
  batchSize: 16,
  learningRate: 0.05,
  threads: 1,
  time: 6,
  evalEveryTime: 1,
} satisfies TrainOptions;

const timing = { ...common, compute: 'none', evalEveryTime: null } as const;

function isError(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StalewartError, String(error));
    assert.match(error.message, message);
    assert.equal(error.code, code);
    return true;
  };
}

const keyOf = ({ name, seed }: { name: string; seed: number }) => `${name} ${seed}`;

async function outcome(comparison: Comparison) {
  const begun = firstValueFrom(comparison.runs$.pipe(toArray()));
  const ended = firstValueFrom(comparison.ended$.pipe(toArray()));
  const result = await comparison.done;
  return { ...result, begun: await begun, ended: await ended };
}

const summaryOf = ({ summary }: EndedRun): Summary => {
  assert.ok(summary !== null);
  return summary;
};

describe('compare', () => {
  let folder: string;
  let out: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-compare-'));
    out = join(folder, 'cmp');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('makes of every policy and seed the very run that simulate makes alone', async () => {
    const entries = ['abs', 'k-async', { policy: 'local-sgd', name: 'quick', learningRate: 0.1 }] as const;
    const { ended, status } = await outcome(compare({ ...common, compare: entries, seeds: 2, out: false }));
    assert.equal(status, 'finished');
    assert.deepEqual(ended.map(keyOf), ['abs 1', 'k-async 1', 'quick 1', 'abs 2', 'k-async 2', 'quick 2']);
    for (const run of ended) {
      const own = run.name === 'quick' ? { learningRate: 0.1 } : {};
      const options = { ...common, ...own, policy: run.policy, seed: run.seed, out: false as const };
      const { wallSeconds: _, samplesPerSecond: __, ...alone } = await simulate(options).done;
      const { wallSeconds: ___, samplesPerSecond: ____, ...compared } = summaryOf(run);
      assert.deepEqual(compared, alone, keyOf(run));
    }
  });

  it('gives all policies of a seed the same weights, data, batches and task times, and another seed others', async () => {
    const comparison = compare({
      ...common,
      compare: ['abs', 'k-async', 'local-sgd'],
      seeds: 2,
      out: false,
      evalEveryTime: 0.01,
      time: 4,
    });
    const traces: Promise<Trace>[] = [];
    comparison.runs$.subscribe((begun) => traces.push(traceOf(begun)));
    await comparison.done;
    const runs = await Promise.all(traces);
    for (const seed of [1, 2]) {
      const [basis, ...others] = runs.filter((run) => run.seed === seed);
      assert.ok(basis !== undefined && others.length === 2);
      for (const other of others) assertShared(basis, other);
    }
    const [one, two] = [1, 2].map((seed) => runs.find((run) => run.seed === seed));
    assert.ok(one !== undefined && two !== undefined);
    assert.notDeepEqual(one.start, two.start);
    assert.notEqual(one.tasks.get('0.1'), two.tasks.get('0.1'));
  });

  it('leaves a run directory for each run, and what they came to in comparison.json', async () => {
    const { record, ended } = await outcome(compare({ ...common, compare: 'abs,local-sgd', seeds: 2, out }));
    assert.deepEqual(await readComparison(out), record);
    assert.deepEqual((await readdir(out)).sort(), [
      'abs-seed-1',
      'abs-seed-2',
      'comparison.json',
      'local-sgd-seed-1',
      'local-sgd-seed-2',
    ]);
    const summaries = ended.map(summaryOf);
    for (const [index, { directory, name, policy, seed, status }] of record.runs.entries()) {
      const text = await readFile(join(out, directory ?? '', 'summary.json'), 'utf8');
      assert.deepEqual(summarySchema.parse(JSON.parse(text)), summaries[index]);
      assert.deepEqual(
        [name, policy, status],
        [summaries[index]?.policy, summaries[index]?.policy, 'finished'],
      );
      assert.equal(seed, summaries[index]?.seed);
    }
    const [abs] = record.entries;
    assert.ok(abs !== undefined);
    const [first, second] = [summaries[0], summaries[2]];
    assert.deepEqual(abs.seeds, [1, 2]);
    assert.deepEqual(abs.finalAccuracy.values, [first?.finalAccuracy, second?.finalAccuracy]);
    assert.deepEqual(abs.bestAccuracy.values, [first?.bestAccuracy, second?.bestAccuracy]);
    assert.deepEqual(abs.communicationRounds.values, [
      first?.communicationRounds,
      second?.communicationRounds,
    ]);
    const without = [first, second].map((summary) => summary?.communicationRoundsWithoutRestarts);
    assert.deepEqual(abs.communicationRoundsWithoutRestarts.values, without);
    assert.deepEqual(abs.timeToAccuracy['0.30']?.values, [
      first?.timeToAccuracy['0.30'],
      second?.timeToAccuracy['0.30'],
    ]);
    assert.deepEqual([abs.settings['a'], abs.settings['learningRate']], [4, 0.05]);
    // Settings that the policy passes over, and those that all share, are not the entry's.
    assert.deepEqual(record.entries[1]?.settings['a'], undefined);
    assert.deepEqual([abs.settings['workers'], record.settings['workers']], [undefined, 4]);
  });

  it('writes results as they come', async () => {
    const comparison = compare({ ...timing, compare: 'abs,asgd', seeds: 2, out });
    const finished: Promise<number>[] = [];
    comparison.ended$.subscribe(() => {
      finished.push(
        readComparison(out).then(
          (record) => record?.runs.filter(({ status }) => status === 'finished').length ?? 0,
        ),
      );
    });
    await comparison.done;
    const counts = await Promise.all(finished);
    for (const [index, count] of counts.entries())
      assert.ok(count >= index + 1, `${count} after ${index + 1}`);
    assert.equal(counts.length, 4);
  });

  it('goes on where it was stopped, and comes to what it would have come to', async () => {
    const options: CompareOptions = { ...common, compare: 'abs,k-async', seeds: 2 };
    const whole = await compare({ ...options, out: join(folder, 'whole') }).done;
    const broken = compare({ ...options, out });
    broken.runs$.pipe(filter(({ number }) => number === 2)).subscribe(({ run }) => {
      run.rounds$.pipe(filter(({ version }) => version === 2)).subscribe(() => void broken.stop());
    });
    const first = await outcome(broken);
    assert.equal(first.status, 'stopped');
    assert.deepEqual(
      first.ended.map((run) => [keyOf(run), run.status]),
      [
        ['abs 1', 'finished'],
        ['k-async 1', 'stopped'],
      ],
    );
    assert.equal(first.record.status, 'unfinished');
    const journal = join(out, 'abs-seed-1', 'journal.jsonl');
    const before = await stat(journal);
    const second = await outcome(compare({ ...options, out }));
    assert.deepEqual(second.begun.map(keyOf), ['k-async 1', 'abs 2', 'k-async 2']);
    assert.deepEqual(
      second.ended.map((run) => [keyOf(run), run.kept]),
      [
        ['abs 1', true],
        ['k-async 1', false],
        ['abs 2', false],
        ['k-async 2', false],
      ],
    );
    assert.deepEqual([second.status, second.record], [whole.status, whole.record]);
    const after = await stat(journal);
    assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs]);
    const again = await outcome(compare({ ...options, out }));
    assert.deepEqual([again.begun.length, again.record], [0, whole.record]);
  });

  it('begins a run again that was killed, and one whose files were lost', async () => {
    const options: CompareOptions = { ...timing, compare: 'abs,asgd', out };
    const { record } = await compare(options).done;
    await rm(join(out, 'abs-seed-1', 'summary.json'));
    await writeFile(join(out, 'abs-seed-1', 'journal.jsonl'), '{"event":{"ty');
    await rm(join(out, 'asgd-seed-1', 'config.json'));
    const again = await outcome(compare(options));
    assert.deepEqual(again.begun.map(keyOf), ['abs 1', 'asgd 1']);
    assert.deepEqual(again.record, record);
  });

  it('makes only the new runs when policies and seeds are added', async () => {
    await compare({ ...timing, compare: 'abs,asgd', out }).done;
    const more = await outcome(compare({ ...timing, compare: 'k-async,abs,asgd', seeds: 2, out }));
    assert.deepEqual(more.begun.map(keyOf), ['k-async 1', 'k-async 2', 'abs 2', 'asgd 2']);
    assert.deepEqual(
      more.record.entries.map(({ name, seeds }) => [name, seeds]),
      [
        ['k-async', [1, 2]],
        ['abs', [1, 2]],
        ['asgd', [1, 2]],
      ],
    );
    const fewer = compare({ ...timing, compare: 'abs,asgd', out });
    const notices = firstValueFrom(fewer.notices$.pipe(toArray()));
    assert.equal((await fewer.done).record.runs.length, 2);
    assert.match(
      (await notices)[0]?.message ?? '',
      /also holds runs that are not asked for: k-async-seed-1, /,
    );
  });

  it('refuses a folder whose comparison was another, naming the first setting that differs', async () => {
    await compare({ ...timing, compare: 'abs,asgd', out }).done;
    const before = await readFile(join(out, 'comparison.json'), 'utf8');
    const cases: readonly [CompareOptions, RegExp][] = [
      [
        { ...timing, time: 7, compare: 'sync,k-async' },
        /time of all runs was 6, and now it is 7; choose another/,
      ],
      [
        { ...timing, straggler: 'constant', compare: 'abs,asgd' },
        /straggler of all runs was \{"law":"exponential"/,
      ],
      [{ ...timing, a: 8, compare: 'abs,asgd' }, /a of abs was 4, and now it is 8; choose another folder/],
      [
        { ...timing, compare: ['asgd', { policy: 'k-async', name: 'abs' }] },
        /policy of abs was "abs", and now/,
      ],
    ];
    for (const [options, message] of cases) {
      await assert.rejects(compare({ ...options, out }).done, isError('OUTPUT', message));
    }
    assert.equal(await readFile(join(out, 'comparison.json'), 'utf8'), before);
    // What changes no outcome, or no run reads, is no other comparison.
    const same = { ...timing, threads: 2, kRounding: 'ceil', compare: 'asgd', seeds: 2 } as const;
    assert.equal((await outcome(compare({ ...same, out }))).begun.length, 1);
  });

  it('makes the other runs when one fails, and tries that one again', async () => {
    const wild = { policy: 'asgd', name: 'wild', learningRate: 1e6, localSteps: 20 };
    const options: CompareOptions = { ...common, compare: [wild, 'abs'], out };
    const { status, ended, record } = await outcome(compare(options));
    assert.equal(status, 'failed');
    assert.deepEqual(
      ended.map((run) => [run.name, run.status]),
      [
        ['wild', 'failed'],
        ['abs', 'finished'],
      ],
    );
    assert.match(record.runs[0]?.failure ?? '', /^round \d+, worker \d: its (loss is|delta has)/);
    const [own] = record.entries;
    assert.deepEqual([record.status, own?.seeds, own?.finalAccuracy.values], ['failed', [1], [null]]);
    assert.deepEqual(own?.timeToAccuracy['0.30'], { mean: null, sd: null, reached: 0, values: [null] });
    assert.deepEqual((await outcome(compare(options))).begun.map(keyOf), ['wild 1']);
  });

  it('ends with what no run could do without', async () => {
    const wide = compare({ ...common, batchSize: 100, compare: 'abs,asgd', out: false });
    await assert.rejects(wide.done, isError('CONFIG', /^batchSize is 100: it must be at most 80/));
  });

  it('lets one process at a time work in a folder, and gives it back', async () => {
    const options: CompareOptions = { ...timing, compare: 'abs,asgd', out };
    const first = compare(options);
    await first.ready;
    await assert.rejects(
      compare(options).done,
      isError('OUTPUT', /^out is ".*": process \d+ works in it; wait/),
    );
    assert.equal((await first.done).status, 'finished');
    assert.equal((await compare(options).done).status, 'finished');
  });

  it('does not write into the folder of a run, or over a record that it cannot read', async () => {
    await simulate({ ...timing, rounds: 2, out }).done;
    await assert.rejects(
      compare({ ...timing, compare: 'abs,asgd', out }).done,
      isError('OUTPUT', /it holds a run \(\w+\.\w+\), and a comparison needs a folder without one$/),
    );
    const other = join(folder, 'other');
    await compare({ ...timing, compare: 'abs,asgd', out: other }).done;
    await writeFile(join(other, 'comparison.json'), '{"status":');
    const again = compare({ ...timing, compare: 'abs,asgd', out: other });
    await assert.rejects(
      again.done,
      isError('OUTPUT', /comparison\.json cannot be read .*; remove it, and it is/),
    );
    await rm(join(other, 'comparison.json'));
    assert.equal((await outcome(compare({ ...timing, compare: 'abs,asgd', out: other }))).begun.length, 0);
  });

  it('says how to go on where a run in its folder is damaged', async () => {
    const options: CompareOptions = { ...timing, compare: 'abs,asgd', out };
    await compare(options).done;
    const damaged = join(out, 'asgd-seed-1');
    await writeFile(join(damaged, 'summary.json'), '{"status":');
    await assert.rejects(
      compare(options).done,
      isError(
        'OUTPUT',
        /asgd-seed-1.summary\.json is damaged: .*; remove .*asgd-seed-1, and that run is made again$/,
      ),
    );
    await rm(damaged, { recursive: true });
    const { begun, status } = await outcome(compare(options));
    assert.deepEqual([begun.map(keyOf), status], [['asgd 1'], 'finished']);
  });

  it('stops before the first run, at a signal too', async () => {
    const controller = new AbortController();
    controller.abort();
    const stopped = compare({ ...timing, compare: 'abs,asgd', out }, { signal: controller.signal });
    const { status, begun, record } = await outcome(stopped);
    assert.deepEqual([status, begun.length, record.runs[0]?.status], ['stopped', 0, 'pending']);
    assert.equal((await outcome(compare({ ...timing, compare: 'abs,asgd', out }))).begun.length, 2);
  });

  it('is told of runs that are stopped at once', async () => {
    const comparison = compare({ ...timing, time: null, rounds: 1_000_000, compare: 'abs,asgd', out: false });
    comparison.runs$.subscribe(({ run }: BegunRun) => {
      run.rounds$.pipe(filter(({ version }) => version === 3)).subscribe(() => void comparison.stop('now'));
    });
    const { status, ended } = await outcome(comparison);
    assert.deepEqual([status, ended.map((run) => run.status)], ['stopped', ['stopped']]);
  });

  it('keeps its promise that the record can be read by its schema, infinite settings too', async () => {
    const entries = [{ policy: 'abs', name: 'unbounded', a: Infinity }, 'asgd'];
    const { record } = await compare({ ...timing, compare: entries, out }).done;
    assert.deepEqual(comparisonSchema.parse(record), record);
    assert.equal((await readComparison(out))?.entries[0]?.settings['a'], Infinity);
  });
});
