/** Drives the round engine by hand: workers join, upload and are lost by one call each; effects are returned. */
import assert from 'node:assert/strict';
import type { Commit, Effect, EngineEvent } from '../../protocols/sync/events.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import {
  advance,
  type EngineOptions,
  type EngineState,
  initialState,
} from '../../protocols/sync/round-engine.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../protocols/sync/settings.js';

/** An engine under a registered policy with these settings, and U = 10. */
export function optionsFor(
  name: string,
  settings: PolicySettingsInput,
  more: Partial<EngineOptions> = {},
): EngineOptions {
  const resolved = resolvePolicySettings(settings);
  const policy = findPolicy(name)?.create(resolved);
  assert.ok(policy, `no policy ${name}`);
  return { policy, workers: resolved.workers, localSteps: 10, ...more };
}

export interface Upload {
  readonly loss?: number;
  readonly firstLoss?: number;
  readonly finite?: boolean;
  readonly incarnation?: number;
  readonly attempt?: number;
  readonly baseVersion?: number;
  /** Default: that of the assignment. */
  readonly updateId?: string;
}

export class EngineScript {
  state: EngineState;
  time = 0;
  readonly effects: Effect[] = [];
  readonly #options: EngineOptions;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.state = initialState(options);
  }

  event(event: EngineEvent): readonly Effect[] {
    const turn = advance(this.#options, this.state, event);
    this.state = turn.state;
    this.effects.push(...turn.effects);
    return turn.effects;
  }

  join(worker: number, incarnation = 1): readonly Effect[] {
    return this.event({ type: 'worker-joined', time: this.time, worker, incarnation });
  }

  joinAll(): void {
    for (const { worker } of this.state.members) this.join(worker);
  }

  lose(worker: number, returns: boolean, reason = 'crashed'): readonly Effect[] {
    const incarnation = this.state.members[worker]?.incarnation ?? 0;
    return this.event({ type: 'worker-lost', time: this.time, worker, incarnation, reason, returns });
  }

  /** The time limit of the worker's last assignment passes. */
  overrun(worker: number): readonly Effect[] {
    const deadline = `task:${worker}:${this.state.members[worker]?.attempt}`;
    return this.event({ type: 'deadline-passed', time: this.time, deadline });
  }

  /** The worker answers its last assignment (or the one named). */
  upload(worker: number, upload: Upload = {}): readonly Effect[] {
    const member = this.state.members[worker];
    const { loss = 1, firstLoss = 2, finite = true } = upload;
    const incarnation = upload.incarnation ?? member?.incarnation ?? 0;
    const attempt = upload.attempt ?? member?.attempt ?? 0;
    const baseVersion = upload.baseVersion ?? member?.baseVersion ?? 0;
    return this.event({
      type: 'update-arrived',
      time: this.time,
      updateId: upload.updateId ?? `${worker}.${incarnation}.${attempt}`,
      worker,
      incarnation,
      attempt,
      baseVersion,
      steps: 10,
      samples: 320,
      loss,
      firstLoss,
      finite,
    });
  }
}

/** An engine under a registered policy with these settings, whose workers have all joined. */
export function joinedScript(...options: Parameters<typeof optionsFor>): EngineScript {
  const engine = new EngineScript(optionsFor(...options));
  engine.joinAll();
  return engine;
}

/** The commit among the effects. @throws AssertionError if there is none */
export function commitOf(effects: readonly Effect[]): Commit {
  const [commit] = ofType(effects, 'commit');
  assert.ok(commit, 'no commit');
  return commit;
}

/** Who is given work, and why. */
export function assigned(effects: readonly Effect[]): readonly (readonly [number, string])[] {
  return ofType(effects, 'assign').map(({ worker, reason }) => [worker, reason]);
}

export function ofType<Type extends Effect['type']>(
  effects: readonly Effect[],
  type: Type,
): readonly Extract<Effect, { type: Type }>[] {
  return effects.filter((effect): effect is Extract<Effect, { type: Type }> => effect.type === type);
}
