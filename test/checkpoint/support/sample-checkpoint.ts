/** A small checkpoint with something of everything. */
import type { Checkpoint, Vector } from '../../../src/checkpoint/checkpoint.js';

export function sampleCheckpoint(version = 7, epoch = 1): Checkpoint {
  const round = {
    version,
    time: 12.5,
    waitCount: 2,
    maxStaleness: null,
    loss: Number.NaN,
    meanStaleness: 0.5,
    uploads: 14,
    downloads: 18,
    restarts: 1,
    communicationRounds: 15,
    communicationRoundsWithoutRestarts: 14,
    degraded: null,
    trainedSamples: 448,
    reason: '#1 of "NaN"',
  };
  const assign = {
    type: 'assign',
    worker: 0,
    incarnation: 1,
    attempt: 9,
    version,
    localSteps: 2,
    reason: 'refreshed',
  } as const;
  const vectors = new Map<string, Vector>([
    ['weights', Float32Array.of(1, -0, 3.5)],
    ['delta 1.1.8', Float32Array.of(0.1, 0.2, 0.3)],
    ['optimizer velocity', Float64Array.of(1 / 3, 2, Number.MIN_VALUE)],
  ]);
  return {
    vectors,
    state: {
      identity: {
        run: 'sample',
        mode: 'simulated',
        policy: 'abs',
        workers: 2,
        seed: 1,
        model: { name: 'line', weights: [{ name: 'w', shape: [3] }] },
        serverOptimizer: 'momentum',
      },
      version,
      epoch,
      time: 12.5,
      wallSeconds: 0.25,
      engine: {
        status: 'running',
        statusReason: '',
        version,
        openedAt: 12.5,
        overdue: false,
        members: [0, 1].map((worker) => ({
          worker,
          status: worker === 0 ? ('computing' as const) : ('idle' as const),
          incarnation: 1,
          attempt: 9 - worker,
          baseVersion: version - worker,
          staleness: worker,
          assignedAt: 12.5,
          uploadedAt: worker === 0 ? null : 13,
        })),
        contributions: [],
        refusedInRow: 0,
        fruitlessInRow: 0,
        policy: { waitCount: 2, loss: { average: -0, rounds: [1, 2] } },
      },
      weights: {
        current: 'weights',
        held: [{ updateId: '1.1.8', delta: 'delta 1.1.8', base: 'weights' }],
        bases: [[0, 'weights']],
        optimizer: { vectors: { velocity: 'optimizer velocity' }, scalars: { commits: 3 } },
        correction: null,
      },
      records: {
        counts: {
          uploads: 14,
          downloads: 18,
          restarts: 1,
          communicationRounds: 15,
          communicationRoundsWithoutRestarts: 14,
          discarded: 0,
          trainedSamples: 448,
          communicated: [1],
          onlyRestarted: [],
        },
        summary: { lastRound: round, lastEvaluation: null, bestAccuracy: null, first: {} },
        failures: 0,
        deadLetters: 0,
        lastFailures: [],
        files: {
          journal: { bytes: 4000, next: ['{"event":1}'] },
          rounds: { bytes: 400, next: [] },
          evaluations: { bytes: 40, next: [] },
        },
      },
      simulation: {
        coming: [
          { type: 'task', assign, time: Infinity, stage: 'computed', cancelledAt: null, weights: 'weights' },
          { type: 'deadline', time: 14, name: 'round:7' },
        ],
        network: { sendingUntil: 0, receivingUntil: 0 },
        marks: { every: 5, passed: 2 },
      },
    },
  };
}
