/**
 * When a live run saves itself. With a checkpoint in every round, and for the last one of a run, whatever the round brings about
 * waits until it is on the disk: what anybody has heard of is never lost. With fewer it is written while the run goes on; one that
 * falls due while another is still being written is left out.
 */
import type { EngineStep } from '../../protocols/sync/events.js';
import type { EngineState } from '../../protocols/sync/round-engine.js';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import type { Checkpointer } from './checkpointer.js';

/** @returns what the step is to wait for before anybody hears of it; undefined: nothing */
export type SettleStep = (
  step: EngineStep,
  state: EngineState,
  capture: () => Checkpoint,
) => Promise<void> | undefined;

export function liveCheckpoints(checkpointer: Checkpointer): SettleStep {
  return ({ effects }, { status, version }, capture) => {
    const isOver = status === 'over';
    const isCommit = effects.some(({ type }) => type === 'commit');
    if (isOver && version > (checkpointer.savedVersion ?? 0)) {
      return checkpointer.save(capture()).then(() => undefined);
    }
    if (!isCommit || !checkpointer.isDue(version)) return undefined;
    if (checkpointer.every === 1) return checkpointer.save(capture()).then(() => undefined);
    if (!checkpointer.isBusy) void checkpointer.save(capture());
    return undefined;
  };
}
