/**
 * The round engine: a pure state machine that decides, under any policy, what becomes of every update, when a round
 * closes, and who computes from which version.
 *
 * `advance(options, state, event)` returns the next state and the effects to carry out, in order. It does no I/O, reads no
 * clock, draws no random number and never sees a tensor; its state is plain JSON. The same events always give the same
 * effects, whether they come from NATS, from a virtual clock or from a file.
 *
 * It keeps, whatever the policy says: an update is applied at most once and never from a dead incarnation or attempt; versions
 * increase by 1; a commit has exactly K^t contributions unless it says why not; each living worker has one assignment.
 */
import type { EngineOptions, EngineState } from './engine-state.js';
import type { Effect, EngineEvent } from './events.js';
import { absentMember } from './member.js';
import { Engine } from './engine.js';

export type { EngineOptions, EngineState } from './engine-state.js';

/** The state before any worker has joined. */
export function initialState<State>(options: EngineOptions<State>): EngineState<State> {
  const members = Array.from({ length: options.workers }, (_, worker) => absentMember(worker, 'expected'));
  const view = {
    time: 0,
    version: 0,
    workers: options.workers,
    members,
    contributions: [],
    heldOf: () => 0,
    contributors: 0,
    openedAt: null,
  };
  return {
    status: 'running',
    statusReason: '',
    version: 0,
    openedAt: null,
    overdue: false,
    members,
    contributions: [],
    refusedInRow: 0,
    fruitlessInRow: 0,
    policy: options.policy.initial(view),
  };
}

/** A copy of a state, in plain JSON: of what `runRoundEngine` shows, which changes with the next event. */
export function plainState<State>(state: EngineState<State>): EngineState<State> {
  return state instanceof Engine ? state.state() : structuredClone(state);
}

/**
 * What the event means. The given state is not changed. Every call copies it: who feeds many events, one after the other, does
 * so through `runRoundEngine`.
 */
export function advance<State>(
  options: EngineOptions<State>,
  state: EngineState<State>,
  event: EngineEvent,
): { readonly state: EngineState<State>; readonly effects: readonly Effect[] } {
  const engine = new Engine(options, state);
  const effects = engine.advance(event);
  return { state: engine.state(), effects };
}
