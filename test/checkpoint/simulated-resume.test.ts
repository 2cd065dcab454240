/** In simulated time a run that was killed and resumed is, to the byte, the one that never was. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it } from 'mocha';
import type { Summary, TrainOptions } from '../../src/index.js';
import { seededRandom } from '../../src/random/seeded-random.js';
import type { Run } from '../../src/run/run.js';
import { shareResources } from '../../src/run/run-resources.js';
import { startRun } from '../../src/run/train.js';
import { resolveTrainOptions } from '../../src/run/train-options.js';
import { readRun } from '../../src/telemetry/read-run.js';
import { smallRun } from '../run/fixtures/small-run.js';
import { killAfterwards, recordOf } from './support/cut-run.js';

/** Threads are started once for all runs of this file. */
const resources = shareResources();

function simulate(options: TrainOptions): Run {
  return startRun(resolveTrainOptions(options, undefined, 'simulated'), {}, resources);
}

const base: TrainOptions = { ...smallRun, rounds: 24, evalEvery: 4, evalSamples: 50, checkpointEvery: 3 };

const bursty = { bursts: { all: { on: 2, off: 3, factor: 4 } } } as const;
const networked = { latency: 0.05, bandwidth: { all: 1e6, '1': 2e5 }, serverBandwidth: 3e6 } as const;

/** What each run has to remember, beyond what all have. */
const cases: Readonly<Record<string, TrainOptions>> = {
  'abs, its loss average and K': { policy: 'abs', k0: 1, a: 6 },
  'ada-sync': { policy: 'ada-sync', k0: 1 },
  'k-async with adam': { policy: 'k-async', serverOptimizer: 'adam', serverLearningRate: 0.01 },
  'ringleader, deltas that are kept': { policy: 'ringleader' },
  'sa-k-batch-async with delayed-nesterov': {
    policy: 'sa-k-batch-async',
    serverOptimizer: 'delayed-nesterov',
  },
  'dc-asgd, where each worker started': { policy: 'dc-asgd' },
  'ga-asgd, squares of deltas': { policy: 'ga-asgd' },
  'mindflayer, limits of time': { policy: 'mindflayer', timeLimit: 1, trials: 2 },
  'ssp, clocks': { policy: 'ssp', maxStaleness: 1 },
  'abs with slow spells': { policy: 'abs', k0: 2, ...bursty },
  'abs over a network': { policy: 'abs', k0: 2, a: 3, ...networked },
  'ringmaster over a network with spells': { policy: 'ringmaster', maxStaleness: 2, ...networked, ...bursty },
  'deadlines of rounds': { policy: 'k-sync', waitCount: 4, roundDeadline: 0.5 },
  'evaluations by time': { policy: 'abs', evalEveryTime: 0.7 },
  'timing only': { policy: 'abs', compute: 'none' },
};

describe('a simulated run that was killed and goes on', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-resume-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  after(() => resources.close());

  for (const [name, options] of Object.entries(cases)) {
    it(`is the run that never stopped: ${name}`, async () => {
      const random = seededRandom(1, name);
      const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
      const never = await simulate({ ...base, ...options, checkpointEvery: null, out: whole }).done;
      await simulate({ ...base, ...options, out: killed }).done;
      // Twice, from an older checkpoint each time.
      const versions: number[] = [];
      for (const takeAway of [1, 2]) {
        versions.push(await killAfterwards(killed, takeAway, random));
        const resumed = await simulate({ resume: killed }).done;
        assert.deepEqual(lasting(resumed), lasting(never));
      }
      assert.ok(versions.every((version) => version > 3 && version < 24 && version % 3 === 0));
      await assertSameRecord(whole, killed);
    });
  }

  it('stopped by its user and resumed is the same, and may be given more rounds', async () => {
    const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')];
    const never = await simulate({ ...base, out: whole }).done;
    const run = simulate({ ...base, rounds: 10, checkpointEvery: 1000, out: stopped });
    run.rounds$.subscribe(({ version }) => {
      if (version === 5) void run.stop();
    });
    assert.equal((await run.done).status, 'stopped');
    const resumed = await simulate({ resume: stopped, rounds: 24 }).done;
    assert.deepEqual(lasting(resumed), lasting(never));
    await assertSameRecord(whole, stopped);
  });

  it('ended by its time and given more is the run that had it from the start', async () => {
    const [whole, short] = [join(folder, 'whole'), join(folder, 'short')];
    const timed: TrainOptions = { ...base, rounds: null, evalEvery: null, evalEveryTime: 1 };
    const never = await simulate({ ...timed, time: 9, out: whole }).done;
    await simulate({ ...timed, time: 4.5, out: short }).done;
    const resumed = await simulate({ resume: short, time: 9 }).done;
    assert.deepEqual(lasting(resumed), lasting(never));
    await assertSameRecord(whole, short, ['evaluations']);
  });

  it('goes on from the checkpoint before where the newest is damaged, and says so', async () => {
    const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
    const never = await simulate({ ...base, out: whole }).done;
    await simulate({ ...base, out: killed }).done;
    const newest = join(killed, 'checkpoints', `version-21.epoch-1.checkpoint`);
    await writeFile(newest, 'torn');
    const run = simulate({ resume: killed });
    const told: string[] = [];
    run.notices$.subscribe(({ level, message }) => told.push(`${level}: ${message}`));
    assert.deepEqual(lasting(await run.done), lasting(never));
    const passedOver = told.find((line) => line.includes('passed over'));
    assert.match(
      passedOver ?? '',
      /^warn: the checkpoint version-21\.epoch-1\.checkpoint in .* it is cut off/,
    );
    await assertSameRecord(whole, killed);
  });
});

/** What does not depend on the machine. */
function lasting({ wallSeconds: _, samplesPerSecond: _rate, ...summary }: Summary): Partial<Summary> {
  return summary;
}

async function assertSameRecord(
  whole: string,
  resumed: string,
  except: readonly 'evaluations'[] = [],
): Promise<void> {
  const [one, other] = await Promise.all([whole, resumed].map(recordOf));
  assert.equal(other?.rounds, one?.rounds);
  if (!except.includes('evaluations')) assert.equal(other?.evaluations, one?.evaluations);
  assert.equal(other?.files.includes('run.lock'), false);
  assert.deepEqual(await stepsOf(resumed), await stepsOf(whole));
}

async function stepsOf(directory: string): Promise<unknown[]> {
  const steps: unknown[] = [];
  for await (const step of (await readRun(directory)).journal()) steps.push(step);
  return steps;
}
