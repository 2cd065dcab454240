/** Steps, rounds and evaluations that look like those of a real run, made from a seed: K-async with a staleness bound. */
import type { Contribution, Effect, EngineStep, UpdateArrived } from '../../protocols/sync/events.js';
import type { ComputeUsed } from '../../src/telemetry/compute-used.js';
import type { RoundRow } from '../../src/telemetry/csv-tables.js';
import type { ProgressHeader } from '../../src/telemetry/progress-state.js';
import type { EvaluationRecord, RoundRecord, WorkerStatus } from '../../src/telemetry/run-events.js';

export const fakeUsed: ComputeUsed = {
  backend: 'wasm',
  backendReason: '@tensorflow/tfjs-node is not installed',
  engine: 'plan',
  engineReason: 'it can do this model',
  threads: 2,
};

export const fakeHeader: ProgressHeader = {
  policy: 'abs',
  model: 'lenet',
  dataset: 'cifar10',
  backend: 'wasm',
  threads: 2,
  workers: 10,
  mode: 'local',
};

/** Numbers in [0, 1) with 32 random bits, like those of any generator. */
function fakeRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface FakeRunOptions {
  readonly workers: number;
  readonly waitCount: number;
  readonly maxStaleness: number;
  readonly updates: number;
}

/** The engine's steps: joins, then updates; a commit every `waitCount` updates, restarts at `maxStaleness`. */
export function fakeSteps({ workers, waitCount, maxStaleness, updates }: FakeRunOptions): EngineStep[] {
  const random = fakeRandom(7);
  const base = Array.from({ length: workers }, () => 0);
  const attempts = Array.from({ length: workers }, () => 1);
  const steps: EngineStep[] = [];
  let version = 0;
  let time = 0;
  let held: Contribution[] = [];

  const assign = (worker: number, reason: 'joined' | 'refreshed' | 'restarted'): Effect => {
    base[worker] = version;
    const attempt = attempts[worker] ?? 1;
    return { type: 'assign', worker, incarnation: 1, attempt, version, localSteps: 10, reason };
  };
  const stale = (worker: number): number => version - (base[worker] ?? 0);

  for (let worker = 0; worker < workers; worker++) {
    const event = { type: 'worker-joined', time, worker, incarnation: 1 } as const;
    steps.push({ event, effects: [assign(worker, 'joined')] });
  }
  while (updates > 0) {
    const worker = Math.floor(random() * workers);
    if (held.some((contribution) => contribution.worker === worker)) continue;
    updates -= 1;
    time += random();
    const attempt = attempts[worker] ?? 1;
    const update = {
      updateId: `${worker}.1.${attempt}`,
      worker,
      baseVersion: base[worker] ?? 0,
      steps: 10,
      samples: 320,
      loss: 1 + random() / 3,
      firstLoss: 1 + random(),
    };
    const event: UpdateArrived = {
      type: 'update-arrived',
      time,
      incarnation: 1,
      attempt,
      finite: true,
      ...update,
    };
    const staleness = stale(worker);
    held.push({ ...update, staleness, weight: 1 });
    const effects: Effect[] = [
      {
        type: 'accumulate',
        updateId: update.updateId,
        worker,
        staleness,
        weight: 1,
        reason: `${held.length} of ${waitCount}`,
      },
    ];
    attempts[worker] = attempt + 1;
    if (held.length === waitCount) {
      version += 1;
      const loss = held.reduce((sum, contribution) => sum + contribution.loss, 0) / held.length;
      effects.push({
        type: 'commit',
        version,
        waitCount,
        maxStaleness,
        contributions: held,
        scale: 1 / held.length,
        loss,
        degraded: null,
        staleness: base.map((_, member) => [member, stale(member)] as const),
        reason: `floor(${waitCount} * sqrt(2.3026 / 1.8123)) = ${waitCount}`,
      });
      const uploaders = held.map((contribution) => contribution.worker);
      held = [];
      for (let member = 0; member < workers; member++) {
        if (uploaders.includes(member)) {
          effects.push(assign(member, 'refreshed'));
        } else if (stale(member) >= maxStaleness) {
          const attempt = attempts[member] ?? 1;
          const reason = `staleness ${stale(member)} >= ${maxStaleness}`;
          effects.push({
            type: 'cancel',
            worker: member,
            incarnation: 1,
            attempt,
            staleness: stale(member),
            reason,
          });
          attempts[member] = attempt + 1;
          effects.push(assign(member, 'restarted'));
        }
      }
    }
    steps.push({ event, effects });
  }
  return steps;
}

/** The part of a round that `rounds.csv` holds. */
export function fakeRoundRow(version: number, changes: Partial<RoundRow> = {}): RoundRow {
  return {
    version,
    time: version * 0.31,
    waitCount: 3,
    maxStaleness: 6,
    loss: 2.3 / (1 + version / 50),
    meanStaleness: 1.25,
    uploads: 3 * version + 1,
    downloads: 4 * version + 10,
    restarts: Math.floor(version / 9),
    communicationRounds: 4 * version,
    communicationRoundsWithoutRestarts: 3 * version,
    ...changes,
  };
}

export function fakeRound(version: number, changes: Partial<RoundRecord> = {}): RoundRecord {
  return {
    ...fakeRoundRow(version),
    degraded: null,
    trainedSamples: 960 * version,
    reason: 'floor(3 * sqrt(2.3 / 2.1)) = 3',
    ...changes,
  };
}

export function fakeEvaluation(version: number, changes: Partial<EvaluationRecord> = {}): EvaluationRecord {
  return {
    version,
    time: version * 0.31,
    communicationRounds: 4 * version,
    communicationRoundsWithoutRestarts: 3 * version,
    testAccuracy: 0.1 + 0.5 * (1 - Math.exp(-version / 120)),
    testLoss: 2.3 / (1 + version / 60),
    samples: 10_000,
    ...changes,
  };
}

export function fakeWorker(worker: number, changes: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    worker,
    state: 'computing',
    incarnation: 1,
    staleness: worker % 5,
    tasks: Math.max(1, 40 - worker),
    restarts: worker % 4,
    crashes: 0,
    contributions: Math.max(0, 38 - worker),
    meanTaskSeconds: 0.4 + worker / 10,
    ...changes,
  };
}
