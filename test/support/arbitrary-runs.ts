/**
 * Random runs of the round engine for fast-check: any registered policy with any settings, or a random one with any hooks,
 * and a sequence of joins, answers, losses, repeated, late and forged updates, deadlines and stops, in any order.
 *
 * A plan names no attempt and no version: the driver knows those from the assignments that the engine gave, as a worker
 * does. So most updates answer a real assignment, and the false ones are false on purpose.
 */
import fc from 'fast-check';
import type {
  Effect,
  EngineEvent,
  EngineStep,
  UpdateArrived,
  WorkerId,
} from '../../protocols/sync/events.js';
import type { Policy } from '../../protocols/sync/policy.js';
import { findPolicy, policyNames } from '../../protocols/sync/registry.js';
import {
  advance,
  type EngineOptions,
  type EngineState,
  initialState,
} from '../../protocols/sync/round-engine.js';
import {
  type PolicySettings,
  type PolicySettingsInput,
  resolvePolicySettings,
} from '../../protocols/sync/settings.js';
import { type RandomRules, arbitraryRules, randomPolicy } from './random-policy.js';

/** A registered policy by its name, or a random one. */
export type PolicyChoice = string | RandomRules;

/** What happens next. Numbers pick one of the workers, or updates, that are there at that point. */
type PlannedStep =
  | { readonly type: 'answer'; readonly pick: number; readonly loss: number; readonly firstLoss: number }
  | { readonly type: 'answer-non-finite'; readonly pick: number }
  | { readonly type: 'repeat'; readonly pick: number }
  | {
      readonly type: 'forge';
      /** Whether the forged update goes under the id of the true one. */
      readonly keepsId: boolean;
      readonly pick: number;
      readonly field: 'incarnation' | 'attempt' | 'baseVersion' | 'worker';
      readonly by: number;
    }
  | { readonly type: 'join'; readonly worker: WorkerId; readonly by: number }
  | { readonly type: 'lose'; readonly worker: WorkerId; readonly by: number; readonly returns: boolean }
  | { readonly type: 'deadline'; readonly due: boolean }
  | { readonly type: 'limit'; readonly pick: number; readonly due: boolean }
  | { readonly type: 'stop'; readonly when: 'finish-round' | 'now' };

export interface RunPlan {
  readonly policy: PolicyChoice;
  readonly settings: PolicySettingsInput;
  readonly options: Pick<EngineOptions, 'maxRounds' | 'skipNonFinite' | 'roundDeadline' | 'whenShort'>;
  /** Those of the first N that join before anything else happens. */
  readonly punctual: readonly boolean[];
  readonly steps: readonly (PlannedStep & { readonly after: number })[];
}

/** What went in and what came out, and under which settings. */
export interface Trace {
  readonly policy: PolicyChoice;
  readonly settings: PolicySettings;
  readonly options: EngineOptions;
  readonly steps: readonly EngineStep[];
}

const loss = fc.oneof(
  { weight: 8, arbitrary: fc.double({ min: 0.01, max: 4, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(0.5, 1, -1, 1e-6, 1e6) },
);
const pick = fc.nat(99);
const worker = fc.nat(7);
/** 0: the present one; 1: the next; −1: one before. */
const by = (...values: number[]) => fc.constantFrom(...values);

const plannedStep: fc.Arbitrary<PlannedStep> = fc.oneof(
  { weight: 24, arbitrary: fc.record({ type: fc.constant('answer' as const), pick, loss, firstLoss: loss }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('answer-non-finite' as const), pick }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('repeat' as const), pick }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('forge' as const),
      pick,
      field: fc.constantFrom(
        'incarnation' as const,
        'attempt' as const,
        'baseVersion' as const,
        'worker' as const,
      ),
      by: by(-1, 1, 2, 50),
      keepsId: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('join' as const), worker, by: by(1, 1, 1, 2, 0, -1) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('lose' as const),
      worker,
      by: by(0, 0, 0, 1, -1),
      returns: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('deadline' as const), due: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('limit' as const),
      pick,
      due: fc.constantFrom(true, true, true, false),
    }),
  },
);

const settings: fc.Arbitrary<PolicySettingsInput> = fc
  .record(
    {
      workers: fc.integer({ min: 1, max: 7 }),
      k0: fc.integer({ min: 1, max: 7 }),
      a: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(0.5, Infinity)),
      waitCount: fc.integer({ min: 1, max: 7 }),
      maxStaleness: fc.integer({ min: 1, max: 5 }),
      kRounding: fc.constantFrom('floor' as const, 'round' as const, 'ceil' as const),
      kMonotone: fc.boolean(),
      lossSmoothing: fc.constantFrom(0, 0.5, 0.9),
      threshold: fc.constantFrom(
        'floor-a-over-k' as const,
        'ceil-a-over-k' as const,
        'floor-an-over-k' as const,
        'constant' as const,
      ),
      stalenessTest: fc.constantFrom('ge' as const, 'gt' as const),
      mixing: fc.constantFrom(0.1, 0.6, 1),
      stalenessWeight: fc.constantFrom('polynomial' as const, 'hinge' as const, 'constant' as const),
      stalenessExponent: fc.constantFrom(0, 0.5, 2),
      hingeDelay: fc.constantFrom(0, 1, 2),
      hingeSlope: fc.constantFrom(0.5, 10),
      timeLimit: fc.constantFrom(0.5, 2, 7),
      trials: fc.integer({ min: 1, max: 3 }),
    },
    { requiredKeys: ['workers'] },
  )
  .map((input) => {
    const workers = input.workers ?? 1;
    return input.k0 === undefined ? input : { ...input, k0: Math.min(input.k0, workers) };
  });

/** @param policies to choose from (default: all that are registered) @param fixed settings to force */
export function arbitraryRun(
  policies: readonly string[] | 'random' = policyNames,
  fixed: (input: PolicySettingsInput) => PolicySettingsInput = (input) => input,
): fc.Arbitrary<RunPlan> {
  const timed = (step: fc.Arbitrary<PlannedStep>) =>
    fc.tuple(step, fc.constantFrom(0, 0, 1, 2.5)).map(([planned, after]) => ({ ...planned, after }));
  const stop = fc.record({
    type: fc.constant('stop' as const),
    when: fc.constantFrom('finish-round' as const, 'now' as const),
  });
  return fc
    .record({
      policy: policies === 'random' ? arbitraryRules : fc.constantFrom<PolicyChoice[]>(...policies),
      settings: settings.map(fixed),
      options: fc.record(
        {
          maxRounds: fc.constantFrom(null, 1, 3, 8),
          skipNonFinite: fc.constantFrom(true, true, false),
          roundDeadline: fc.constantFrom(null, 5),
          whenShort: fc.constantFrom('degrade', 'wait'),
        },
        { requiredKeys: [] },
      ),
      punctual: fc.array(fc.constantFrom(true, true, true, false), { minLength: 7, maxLength: 7 }),
      steps: fc.array(timed(plannedStep), { maxLength: 60, size: 'max' }),
      end: fc.array(timed(stop), { maxLength: 1 }),
      more: fc.array(timed(plannedStep), { maxLength: 8 }),
    })
    .map(({ end, more, steps, ...plan }) => ({ ...plan, steps: [...steps, ...end, ...more] }));
}

/** The round engine's `advance`, or a mutant of it. */
export type Advance = (
  options: EngineOptions,
  state: EngineState,
  event: EngineEvent,
) => { readonly state: EngineState; readonly effects: readonly Effect[] };

/** Lets the plan happen. @param engine default: the round engine @param options default: those that the plan names */
export function drive(plan: RunPlan, engine: Advance = advance, options = engineOptions(plan)): Trace {
  const steps = [...runPlan(plan, engine, options)].map(({ step }) => step);
  return { policy: plan.policy, settings: resolvePolicySettings(plan.settings), options, steps };
}

export function engineOptions(plan: RunPlan): EngineOptions {
  const resolved = resolvePolicySettings(plan.settings);
  const policy = createPolicy(plan.policy, resolved);
  return { ...plan.options, policy, workers: resolved.workers, localSteps: 10 };
}

export function createPolicy(choice: PolicyChoice, resolved: PolicySettings): Policy {
  if (typeof choice !== 'string') return randomPolicy(choice);
  const policy = findPolicy(choice)?.create(resolved);
  if (policy === undefined) throw new Error(`no policy ${choice}`);
  return policy;
}

export interface Turn {
  readonly step: EngineStep;
  readonly before: EngineState;
  readonly after: EngineState;
}

/** Each turn as it happens, with the states before and after it. */
export function* runPlan(
  plan: RunPlan,
  engine: Advance = advance,
  options = engineOptions(plan),
): Generator<Turn, void, undefined> {
  const workers = new WorkersOutside();
  let state: EngineState = initialState(options);
  let time = 0;
  const turn = (event: EngineEvent): Turn => {
    const before = state;
    const { state: next, effects } = engine(options, before, event);
    state = next;
    workers.hear(event, effects);
    return { step: { event, effects }, before, after: state };
  };
  for (let index = 0; index < options.workers; index++) {
    if (plan.punctual[index] === true)
      yield turn({ type: 'worker-joined', time, worker: index, incarnation: 1 });
  }
  for (const step of plan.steps) {
    time += step.after;
    const event = workers.eventOf(step, time);
    if (event !== null) yield turn(event);
  }
}

/** All that the workers, and who watches them, know: their incarnations, their assignments, and what they have sent. */
class WorkersOutside {
  readonly #incarnations = new Map<WorkerId, number>();
  /** Assignments that a living worker has not answered, as updates that would. */
  readonly #open = new Map<WorkerId, UpdateArrived>();
  /** Every update that was ever due, sent or not: a late one may come at any time. */
  readonly #due: UpdateArrived[] = [];
  #deadline: string | null = null;
  /** Time limits of tasks: the last one of each worker, and all there ever were. */
  readonly #limits = new Map<WorkerId, string>();
  readonly #allLimits: string[] = [];

  hear(event: EngineEvent, effects: readonly Effect[]): void {
    if (event.type === 'worker-lost') this.#open.delete(event.worker);
    if (event.type === 'worker-lost' || event.type === 'worker-joined') {
      const known = this.#incarnations.get(event.worker) ?? 0;
      this.#incarnations.set(event.worker, Math.max(known, event.incarnation));
    }
    for (const effect of effects) {
      if (effect.type === 'schedule') this.#schedule(effect.deadline);
      if (effect.type !== 'assign') continue;
      const { worker: assigned, incarnation, attempt, version, localSteps } = effect;
      const update: UpdateArrived = {
        type: 'update-arrived',
        time: 0,
        updateId: updateIdOf({ worker: assigned, incarnation, attempt }),
        worker: assigned,
        incarnation,
        attempt,
        baseVersion: version,
        steps: localSteps,
        samples: 32 * localSteps,
        loss: 1,
        firstLoss: 1,
        finite: true,
      };
      this.#open.set(assigned, update);
      this.#due.push(update);
    }
  }

  #schedule(deadline: string): void {
    const [, worker] = /^task:(\d+):/.exec(deadline) ?? [];
    if (worker === undefined) this.#deadline = deadline;
    else {
      this.#limits.set(Number(worker), deadline);
      this.#allLimits.push(deadline);
    }
  }

  /** Null where there is nobody to do it. */
  eventOf(step: PlannedStep, time: number): EngineEvent | null {
    switch (step.type) {
      case 'answer':
        return this.#answer(step.pick, { time, loss: step.loss, firstLoss: step.firstLoss });
      case 'answer-non-finite':
        return this.#answer(step.pick, { time, loss: Number.NaN, finite: false });
      case 'repeat': {
        const update = chosen(this.#due, step.pick);
        return update === undefined ? null : { ...update, time };
      }
      case 'forge': {
        const update = chosen([...this.#open.values()], step.pick);
        if (update === undefined) return null;
        const forged = { ...update, time, [step.field]: Math.max(0, update[step.field] + step.by) };
        return step.keepsId ? forged : { ...forged, updateId: updateIdOf(forged) };
      }
      case 'join': {
        const incarnation = Math.max(1, (this.#incarnations.get(step.worker) ?? 0) + step.by);
        return { type: 'worker-joined', time, worker: step.worker, incarnation };
      }
      case 'lose': {
        const incarnation = Math.max(1, (this.#incarnations.get(step.worker) ?? 0) + step.by);
        const { worker: lost, returns } = step;
        return { type: 'worker-lost', time, worker: lost, incarnation, reason: 'silent', returns };
      }
      case 'deadline': {
        const deadline = step.due ? this.#deadline : 'round:999';
        return deadline === null ? null : { type: 'deadline-passed', time, deadline };
      }
      case 'limit': {
        const deadline = chosen(step.due ? [...this.#limits.values()] : this.#allLimits, step.pick);
        return deadline === undefined ? null : { type: 'deadline-passed', time, deadline };
      }
      case 'stop':
        return { type: 'stop-requested', time, when: step.when, reason: 'asked to' };
    }
  }

  #answer(which: number, outcome: Partial<UpdateArrived>): EngineEvent | null {
    const update = chosen([...this.#open.values()], which);
    if (update === undefined) return null;
    this.#open.delete(update.worker);
    return { ...update, ...outcome };
  }
}

/** Its own copy of the rule, so that a wrong one in the engine is noticed. */
function updateIdOf({
  worker,
  incarnation,
  attempt,
}: Pick<UpdateArrived, 'worker' | 'incarnation' | 'attempt'>) {
  return `${worker}.${incarnation}.${attempt}`;
}

function chosen<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % items.length];
}
