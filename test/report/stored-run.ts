/** Run directories for tests, written as a run writes them: rounds and journal come from the same steps. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineStep } from '../../protocols/sync/events.js';
import { RoundRecords } from '../../src/run/round-records.js';
import { createRunDirectory } from '../../src/telemetry/run-directory.js';
import type { EvaluationRecord, RoundRecord } from '../../src/telemetry/run-events.js';
import { createSummaryBuilder } from '../../src/telemetry/summary.js';
import { fakeSteps, fakeUsed } from '../telemetry/fake-run.js';

export interface StoredRunOptions {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly EngineStep[];
  /** Rounds between evaluations; default: 5. 0: none. */
  readonly evalEvery?: number;
  /** Evaluates the version that was evaluated last once more, on all test examples; default: false. */
  readonly final?: boolean;
  /** Default: true. False leaves the folder as that of a run that goes on. */
  readonly ends?: boolean;
  /** Added to every accuracy. */
  readonly better?: number;
}

export interface WrittenRun {
  readonly directory: string;
  readonly steps: readonly EngineStep[];
  readonly rounds: readonly RoundRecord[];
  readonly evaluations: readonly EvaluationRecord[];
}

/** The steps of a run of four workers with restarts; `updates` of them. */
export const someSteps = (updates = 200): readonly EngineStep[] =>
  fakeSteps({ workers: 4, waitCount: 2, maxStaleness: 3, updates });

const usual = {
  mode: 'simulated',
  policy: 'abs',
  workers: 4,
  seed: 1,
  a: 6,
  compute: 'gradients',
  straggler: { law: 'exponential', mean: 1 },
} as const;

export async function storeRun(directory: string, options: StoredRunOptions = {}): Promise<WrittenRun> {
  const { steps = someSteps(), evalEvery = 5, final = false, ends = true, better = 0 } = options;
  const config = { ...usual, ...options.config };
  const folder = await createRunDirectory(directory, { runId: 'a-run' });
  await folder.writeConfig(config);
  const { policy, seed, workers } = config;
  const summary = createSummaryBuilder({ policy, seed, workers, used: fakeUsed });
  const records = new RoundRecords();
  const rounds: RoundRecord[] = [];
  const evaluations: EvaluationRecord[] = [];
  const evaluated = async (evaluation: EvaluationRecord): Promise<void> => {
    evaluations.push(evaluation);
    summary.evaluation(evaluation);
    await folder.evaluation(evaluation);
  };
  for (const step of steps) {
    await folder.journal.append(step);
    const { round } = records.step(step);
    if (round === null) continue;
    rounds.push(round);
    summary.round(round);
    await folder.rounds(round);
    if (evalEvery === 0 || round.version % evalEvery !== 0) continue;
    const testAccuracy = 0.7 - 0.6 / (1 + round.version / 20) + better;
    const testLoss = 2.3 / (1 + round.version / 30);
    // With the round's version, time and communication.
    await evaluated({ ...round, testAccuracy, testLoss, samples: 100 });
  }
  const last = evaluations.at(-1);
  if (final && last !== undefined) {
    await evaluated({ ...last, testAccuracy: last.testAccuracy - 0.02, samples: 1000 });
  }
  if (ends) {
    const { discarded } = records.counts;
    const end = { status: 'finished', reason: 'done', weightsSha256: null, wallSeconds: 1 } as const;
    await folder.writeSummary(summary.build({ ...end, discarded }));
  }
  await folder.close();
  return { directory, steps, rounds, evaluations };
}

/** A folder that the test removes. */
export async function temporaryFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'stalewart-report-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
