/**
 * A policy whose mistakes are named. Policies are written by users: what a hook throws or wrongly returns is told with the
 * policy's name and the hook's, instead of surfacing as a NaN in the weights or a wait count of 1.
 */
import { correctionProblem } from './delta-correction.js';
import type { Contribution } from './events.js';
import { notPlain } from './plain-json.js';
import type { Admission, Decision, Part, Policy, Restart } from './policy.js';

/** A hook of a policy threw, or returned what it must not. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly policy: string;
  readonly hook: string;

  constructor(policy: string, hook: string, problem: string, cause?: unknown) {
    super(`policy ${policy}: ${hook} ${problem}`, cause === undefined ? undefined : { cause });
    this.policy = policy;
    this.hook = hook;
  }
}

/** Why the object is no policy at all; null: it has what it needs. */
export function policyProblem(policy: Partial<Policy>): string | null {
  if (typeof policy.name !== 'string' || policy.name === '') return 'it has no name';
  for (const hook of ['initial', 'waitCount'] as const) {
    if (typeof policy[hook] !== 'function') return `it has no function ${hook}`;
  }
  return policy.correction === undefined ? null : correctionProblem(policy.correction);
}

/** The same policy; its hooks throw a `PolicyError` where they throw or return what they must not. */
export function checkedPolicy<State>(policy: Policy<State>): Policy<State> {
  const { admit, maxStaleness, restarts, scale, committed } = policy;
  const { isFull, pause, waitsFor, timeLimit, overran, parts } = policy;
  const guard = <Args extends unknown[], Result>(
    hook: string,
    call: (...args: Args) => Result,
    problem: (result: Result, ...args: Args) => string | null,
  ): ((...args: Args) => Result) => {
    return (...args) => {
      let result: Result;
      try {
        result = call.apply(policy, args);
      } catch (cause) {
        const what = cause instanceof Error ? cause.message : String(cause);
        throw new PolicyError(policy.name, hook, `threw: ${what}`, cause);
      }
      const wrong = problem(result, ...args);
      if (wrong !== null) throw new PolicyError(policy.name, hook, wrong);
      return result;
    };
  };
  const anything = (): null => null;
  return {
    ...policy,
    initial: guard('initial', policy.initial, wrongState),
    waitCount: guard('waitCount', policy.waitCount, wrongDecision),
    ...(maxStaleness && { maxStaleness: guard('maxStaleness', maxStaleness, wrongBound) }),
    ...(admit && { admit: guard('admit', admit, wrongAdmission) }),
    ...(restarts && {
      restarts: guard('restarts', restarts, wrongRestarts),
    }),
    ...(scale && {
      scale: guard('scale', scale, (factor) =>
        Number.isFinite(factor) ? null : `must return a finite number, not ${String(factor)}`,
      ),
    }),
    ...(isFull && { isFull: guard('isFull', isFull, wrongAnswer) }),
    ...(pause && { pause: guard('pause', pause, wrongPause) }),
    ...(waitsFor && { waitsFor: guard('waitsFor', waitsFor, wrongWaitsFor) }),
    ...(timeLimit && { timeLimit: guard('timeLimit', timeLimit, wrongLimit) }),
    ...(overran && { overran: guard('overran', overran, anything) }),
    ...(parts && { parts: guard('parts', parts, wrongParts) }),
    ...(committed && { committed: guard('committed', committed, anything) }),
  };
}

function wrongState(state: unknown): string | null {
  const problem = notPlain(state);
  return problem === null ? null : `must return plain JSON, for states are stored: ${problem}`;
}

function wrongDecision(decision: Partial<Decision<number>> | undefined): string | null {
  const value = decision?.value;
  if (typeof value === 'number' && !Number.isNaN(value) && typeof decision?.reason === 'string') return null;
  return `must return { value: a number, reason: a text }, not ${JSON.stringify(decision)}`;
}

function wrongAnswer(answer: unknown): string | null {
  return typeof answer === 'boolean' ? null : `must return true or false, not ${String(answer)}`;
}

function wrongPause(reason: unknown): string | null {
  return reason === null || typeof reason === 'string' ? null : 'must return a text (why it waits) or null';
}

function wrongWaitsFor(what: unknown): string | null {
  return typeof what === 'number' || typeof what === 'string' ? null : 'must return a number or a text';
}

function wrongLimit(limit: number | null): string | null {
  const fits = limit === null || (limit > 0 && Number.isFinite(limit));
  return fits ? null : `must return a finite number above 0, or null, not ${String(limit)}`;
}

function wrongParts(
  parts: readonly Partial<Part>[] | undefined,
  _state: unknown,
  held: readonly Contribution[],
): string | null {
  if (!Array.isArray(parts) || !parts.every((part: Partial<Part> | null) => Number.isFinite(part?.weight))) {
    return 'must return a list of { updateId, weight: a finite number, keep }';
  }
  const named = new Set(parts.map(({ updateId }: Partial<Part>) => updateId));
  if (named.size < parts.length) return 'must name each contribution once';
  if (parts.length === 0) return 'must name a contribution that is held';
  const ids = new Set(held.map(({ updateId }) => updateId));
  const other = parts.find(({ updateId = '' }: Partial<Part>) => !ids.has(updateId));
  return other === undefined ? null : `must name contributions that are held, and ${other.updateId} is not`;
}

function wrongRestarts(list: readonly Partial<Restart>[] | null): string | null {
  const told = ({ worker, reason }: Partial<Restart>) =>
    Number.isInteger(worker) && typeof reason === 'string';
  return Array.isArray(list) && list.every((restart) => told(restart ?? {}))
    ? null
    : 'must return a list of { worker, reason }';
}

function wrongBound(bound: number): string | null {
  return bound >= 1 ? null : `must return at least 1, or Infinity, not ${String(bound)}`;
}

function wrongAdmission(admission: Partial<Admission> | undefined): string | null {
  const told = typeof admission?.reason === 'string';
  if (told && admission.accept === false) return null;
  if (told && admission.accept === true && Number.isFinite(admission.weight)) return null;
  return 'must return { accept: true, weight: a finite number, reason } or { accept: false, reason }';
}
