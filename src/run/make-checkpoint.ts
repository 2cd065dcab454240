/** Gathers what a checkpoint holds from those who have it. */
import type { EngineState } from '../../protocols/sync/round-engine.js';
import type { Checkpoint, RunIdentity } from '../checkpoint/checkpoint.js';
import type { StoredRecords } from '../checkpoint/records-schema.js';
import { storeSimulation } from './stored-simulation.js';
import { storeWeights } from '../checkpoint/stored-weights.js';
import { VectorTable } from '../checkpoint/vector-table.js';
import type { ParameterState } from '../compute/parameter-store.js';
import type { SimulationState } from '../simulator/simulation-state.js';

export interface CheckpointParts {
  readonly identity: RunIdentity;
  readonly epoch: number;
  readonly time: number;
  readonly wallSeconds: number;
  /** A copy. */
  readonly engine: EngineState;
  /** Null: nothing is trained. */
  readonly weights: ParameterState | null;
  readonly records: StoredRecords;
  /** Null: the run is live. */
  readonly simulation: SimulationState | null;
}

export function makeCheckpoint(parts: CheckpointParts): Checkpoint {
  const { identity, epoch, time, wallSeconds, engine, weights, records, simulation } = parts;
  const table = new VectorTable();
  const state = {
    identity,
    version: engine.version,
    epoch,
    time,
    wallSeconds,
    engine,
    weights: weights === null ? null : storeWeights(weights, table),
    records,
    simulation: simulation === null ? null : storeSimulation(simulation, table),
  };
  return { state, vectors: table.vectors };
}
