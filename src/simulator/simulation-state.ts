/**
 * What a simulation is in the midst of: all that will happen, with the weights that tasks start from. Between two events it is
 * the whole of it, beside the engine's state and the parameter store's.
 */
import type { Assign, Time } from '../../protocols/sync/events.js';
import type { EngineState } from '../../protocols/sync/round-engine.js';
import type { ComingEvent, Stage } from './coming-events.js';
import type { NetworkState } from './network.js';

export interface ComingTask {
  readonly type: 'task';
  readonly assign: Assign;
  /** Of the stage. */
  readonly time: Time;
  readonly stage: Stage;
  /** When the worker hears that it is cancelled; null: it is not. */
  readonly cancelledAt: Time | null;
  /** Null: it is cancelled, or nothing is trained. */
  readonly weights: Float32Array | null;
}

export interface ComingDeadline {
  readonly type: 'deadline';
  readonly time: Time;
  readonly name: string;
}

export interface SimulationState {
  readonly now: Time;
  readonly engine: EngineState;
  /** In the order in which it will happen. */
  readonly coming: readonly (ComingTask | ComingDeadline)[];
  readonly network: NetworkState;
  /** Null: there are none. */
  readonly marks: { readonly every: Time; readonly passed: number } | null;
}

/** @throws RangeError for what comes from a record, which is not gone on from */
export function plainComing(event: ComingEvent): ComingTask | ComingDeadline {
  switch (event.type) {
    case 'task': {
      const { assign, time, stage, cancelledAt, weights } = event;
      return { type: 'task', assign, time, stage, cancelledAt, weights };
    }
    case 'deadline':
      return { type: 'deadline', time: event.time, name: event.name };
    case 'unasked':
    case 'answered':
      throw new RangeError('a run whose arrivals come from a record has no checkpoints');
  }
}
