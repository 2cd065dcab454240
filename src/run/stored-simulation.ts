/** What a simulation is in the midst of, in a checkpoint: the weights of its tasks in the table, and their names in their places. */
import type { EngineState } from '../../protocols/sync/round-engine.js';
import type { ComingTask, SimulationState } from '../simulator/simulation-state.js';
import type { StoredSimulation } from '../checkpoint/simulation-schema.js';
import type { VectorTable } from '../checkpoint/vector-table.js';

export function storeSimulation(
  { coming, network, marks }: SimulationState,
  table: VectorTable,
): StoredSimulation {
  return {
    coming: coming.map((event) =>
      event.type === 'deadline' ? event : { ...event, weights: nameOf(event, table) },
    ),
    network,
    marks,
  };
}

/**
 * @param shared gives the vectors of weights, see `sharedWeights`
 * @throws RangeError if a vector is missing
 */
export function restoreSimulation(
  { coming, network, marks }: StoredSimulation,
  now: number,
  engine: EngineState,
  shared: (name: string) => Float32Array,
): SimulationState {
  return {
    now,
    engine,
    coming: coming.map((event) =>
      event.type === 'deadline'
        ? event
        : { ...event, weights: event.weights === null ? null : shared(event.weights) },
    ),
    network,
    marks,
  };
}

/** All tasks of a version start from one vector. */
function nameOf({ weights, assign: { version } }: ComingTask, table: VectorTable): string | null {
  return weights === null ? null : table.add(`weights of version ${version}`, weights);
}
