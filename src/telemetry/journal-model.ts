/**
 * What the journal's lines so far say about the next one. Most fields of a step follow from the steps before: an update
 * answers the assignment that its worker was given, a commit takes what was accumulated. Writer and reader keep the same
 * model, so a field that equals its prediction need not be written. A wrong prediction costs bytes, never truth.
 */
import type { Contribution, Effect, EngineEvent } from '../../protocols/sync/events.js';

/** Fields of an event or effect, some of which may not be known yet. */
export type Fields = Readonly<Record<string, unknown>>;

interface Assignment {
  alive: boolean;
  incarnation: number;
  attempt: number;
  version: number;
}

export interface JournalModel {
  /** Values that fields of `message` probably have; reads `type` and the fields that are always written.
   *  @param event the event whose effect the message is; null if the message is the event */
  predict(message: Fields, event: EngineEvent | null): Fields;
  /** Learns from a complete event or effect, after it was predicted. */
  observe(message: EngineEvent | Effect, event: EngineEvent | null): void;
}

export function createJournalModel(): JournalModel {
  const assignments = new Map<unknown, Assignment>();
  const held = new Map<string, Contribution>();
  let version = 0;
  let localSteps = 0;
  let samples = 0;
  let cancelled: number | null = null;
  /** Last reason given for each type of effect. */
  const reasons = new Map<unknown, string>();

  const assignmentOf = (worker: unknown): Assignment =>
    assignments.get(worker) ?? { alive: false, incarnation: 1, attempt: 0, version: 0 };

  const ofUpdate = (message: Fields): Fields => {
    const { incarnation, attempt, version: baseVersion } = assignmentOf(message.worker);
    const updateId = [message.worker, message.incarnation ?? incarnation, message.attempt ?? attempt].join(
      '.',
    );
    return { updateId, incarnation, attempt, baseVersion, steps: localSteps, samples, finite: true };
  };

  const ofItsUpdate = (event: EngineEvent | null): Fields =>
    event?.type === 'update-arrived' ? { updateId: event.updateId, worker: event.worker } : {};

  const ofCommit = (message: Fields): Fields => {
    const contributions = [...held.values()];
    const staleness = [...assignments]
      .filter(([, it]) => it.alive)
      .map(([worker, it]) => [Number(worker), Number(message.version) - it.version])
      .sort(([a = 0], [b = 0]) => a - b);
    const count = contributions.length;
    const loss = contributions.reduce((sum, contribution) => sum + contribution.loss, 0) / count;
    return {
      contributions,
      scale: 1 / count,
      loss,
      degraded: null,
      staleness,
      reason: reasons.get('commit'),
    };
  };

  const ofAssign = (message: Fields, event: EngineEvent | null): Fields => {
    const { incarnation, attempt } = assignmentOf(message.worker);
    const refreshed = message.worker === cancelled ? 'restarted' : 'refreshed';
    const reason = event?.type === 'worker-joined' ? 'joined' : refreshed;
    return { incarnation, attempt: attempt + 1, version, localSteps, reason };
  };

  const hold = (effect: Extract<Effect, { type: 'accumulate' }>, event: EngineEvent | null): void => {
    if (event?.type !== 'update-arrived' || event.updateId !== effect.updateId) return;
    const { updateId, worker, baseVersion, loss, firstLoss, steps } = event;
    const { staleness, weight } = effect;
    const contribution = { updateId, worker, baseVersion, staleness, weight, loss, firstLoss, steps };
    held.set(updateId, { ...contribution, samples: event.samples });
  };

  return {
    predict(message, event) {
      switch (message.type) {
        case 'update-arrived':
          return ofUpdate(message);
        case 'accumulate':
          return { ...ofItsUpdate(event), weight: 1, reason: reasons.get('accumulate') };
        case 'discard':
          return ofItsUpdate(event);
        case 'commit':
          return ofCommit(message);
        case 'assign':
          return ofAssign(message, event);
        case 'cancel': {
          const { incarnation, attempt } = assignmentOf(message.worker);
          return { incarnation, attempt, reason: reasons.get('cancel') };
        }
        default:
          return {};
      }
    },

    observe(message, event) {
      if ('reason' in message) reasons.set(message.type, message.reason);
      if (message.type === 'cancel') cancelled = message.worker;
      switch (message.type) {
        case 'worker-joined': {
          const { incarnation, worker } = message;
          assignments.set(worker, { ...assignmentOf(worker), alive: true, incarnation });
          break;
        }
        case 'worker-lost':
          assignments.set(message.worker, { ...assignmentOf(message.worker), alive: false });
          break;
        case 'update-arrived':
          samples = message.samples;
          break;
        case 'accumulate':
          hold(message, event);
          break;
        case 'discard':
          held.delete(message.updateId);
          break;
        case 'commit':
          version = message.version;
          for (const contribution of message.contributions) held.delete(contribution.updateId);
          break;
        case 'assign': {
          const { incarnation, attempt } = message;
          localSteps = message.localSteps;
          assignments.set(message.worker, { alive: true, incarnation, attempt, version: message.version });
          break;
        }
        default:
          break;
      }
    },
  };
}
