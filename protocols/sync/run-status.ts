/** Whether the run goes on, and how it ends: finished as asked or failed, once, with its reason. */
import type { EffectList } from './effect-list.js';
import type { EngineState } from './engine-state.js';
import type { Fail } from './events.js';

export class RunStatus {
  status: EngineState['status'];
  reason: string;
  readonly #effects: EffectList;

  constructor({ status, statusReason }: EngineState, effects: EffectList) {
    this.status = status;
    this.reason = statusReason;
    this.#effects = effects;
  }

  get isOver(): boolean {
    return this.status === 'over';
  }

  /** It is over after the next commit. */
  finishWithRound(reason: string): void {
    this.status = 'finishing';
    this.reason = reason;
  }

  /** Whether it was over or not. */
  goOn(): void {
    this.status = 'running';
    this.reason = '';
  }

  finish(reason: string): void {
    this.#end(reason);
    this.#effects.push({ type: 'finish', reason });
  }

  fail(code: Fail['code'], reason: string): void {
    this.#end(reason);
    this.#effects.push({ type: 'fail', code, reason });
  }

  #end(reason: string): void {
    this.status = 'over';
    this.reason = reason;
  }
}
