/**
 * What the event in hand leads to, in order. Every rule of the engine writes its orders here, each with its reason; with the
 * next event the list starts anew, and what was handed out stays as it was.
 */
import type { DiscardReason, Effect, EngineEvent, WorkerId } from './events.js';

export class EffectList {
  #effects: Effect[] = [];

  /** Another event is in hand. */
  begin(): void {
    this.#effects = [];
  }

  /** Of the event in hand, so far. */
  get all(): readonly Effect[] {
    return this.#effects;
  }

  push(effect: Effect): void {
    this.#effects.push(effect);
  }

  discard(updateId: string, worker: WorkerId, reason: DiscardReason, detail: string): void {
    this.#effects.push({ type: 'discard', updateId, worker, reason, detail });
  }

  ignore(event: EngineEvent['type'], reason: string): void {
    this.#effects.push({ type: 'ignore', event, reason });
  }
}
