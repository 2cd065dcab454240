/**
 * The lead of a run that may have several servers: the lease, and the checkpoints that go with it. Invariant: whoever gets it
 * has fenced the checkpoints first, so that the newest in the store is the newest there will ever be of an older epoch.
 */
import type { Clock } from '../clock/clock.js';
import { StalewartError } from '../errors.js';
import { type NatsLease, openLease } from './lease/nats-lease.js';
import type { LeaseStanding } from './lease/leader-lease.js';
import { type NatsCheckpointStore, openNatsStore } from './nats-store.js';

export interface LeadershipOptions {
  /** As for the transport, see `NatsTransportOptions.url`. */
  readonly nats: string | readonly string[];
  readonly run: string;
  /** What others call this server. Default: the host's name. */
  readonly holder?: string;
  /** Wait while another server leads, and go on from whatever checkpoint there is. Else refuse both. */
  readonly standby: boolean;
  /** Go on from a checkpoint that an earlier server has left. */
  readonly resume: boolean;
  /** Of the lease. */
  readonly ttlSeconds: number;
  readonly clock: Clock;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  readonly notice: (level: 'info' | 'warn', message: string) => void;
}

export interface Leadership {
  /** Of all messages and checkpoints of this server. */
  readonly epoch: number;
  /** Fenced: nobody of an older epoch can save any more. */
  readonly checkpoints: NatsCheckpointStore;
  /**
   * To be asked before anybody hears of a commit. Undefined: now; a promise: when the lease, which could not be renewed in time, is
   * found to be this server's still.
   * @throws StalewartError (the promise) DEPOSED if it is not
   */
  confirm(): Promise<void> | undefined;
  /** Resolves when another server leads, with what to end with; never if that does not come to pass. */
  readonly deposed: Promise<StalewartError>;
  /** The run has ended: no standby takes over. @returns whether they will hear of it */
  conclude(outcome: string): Promise<boolean>;
  /** This server ends and the run does not: a standby need not wait. */
  resign(): Promise<void>;
  /** Gives back what it has open. Renews the lease no more: who neither concluded nor resigned is followed a term later. */
  close(): Promise<void>;
}

/**
 * @returns null: the run ended while this server stood by
 * @throws StalewartError CONFIG, SERVICE if NATS is not as it must be, or another leads and this is no standby; CONFIG if the run is
 * over, or checkpoints are there and neither `resume` nor `standby` is set, or none and `resume` is; the signal's reason
 */
export async function takeTheLead(options: LeadershipOptions): Promise<Leadership | null> {
  const { nats, run, clock, standby, signal, notice } = options;
  const lease = await openLease(options);
  let checkpoints: NatsCheckpointStore | null = null;
  const close = async (): Promise<void> => {
    await checkpoints?.close();
    await lease.close();
  };
  try {
    const told = lease.standing$.subscribe((standing) => tell(standing, notice));
    const epoch = await waitForTheLead(lease, standby, signal);
    if (epoch === null) {
      await close();
      return null;
    }
    checkpoints = await openNatsStore({ nats, run, clock });
    await checkpoints.fence(epoch);
    await checkLeftovers(options, checkpoints).catch(async (error: unknown) => {
      await lease.release();
      throw error;
    });
    let end = (_error: StalewartError): void => undefined;
    const deposed = new Promise<StalewartError>((resolve) => {
      end = resolve;
    });
    lease.standing$.subscribe(({ type }) => {
      if (type !== 'deposed' && type !== 'failed') return;
      lease.whenMayCommit().catch((error: unknown) => {
        if (error instanceof StalewartError) end(error);
      });
    });
    return {
      epoch,
      checkpoints,
      confirm: () => (lease.mayCommit() ? undefined : lease.whenMayCommit()),
      deposed,
      conclude: (outcome) => lease.release(outcome),
      async resign() {
        await lease.release();
      },
      async close() {
        told.unsubscribe();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @returns the epoch; null: the run ended meanwhile */
async function waitForTheLead(
  lease: NatsLease,
  standby: boolean,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  let stoodBy = false;
  const watching = lease.standing$.subscribe((standing) => {
    stoodBy ||= standing.type === 'waiting' && standing.leader !== null;
  });
  try {
    return await lease.acquire(standby, signal);
  } catch (error) {
    if (stoodBy && lease.standing().type === 'over') return null;
    throw error;
  } finally {
    watching.unsubscribe();
  }
}

async function checkLeftovers(
  { run, resume, standby }: LeadershipOptions,
  checkpoints: NatsCheckpointStore,
): Promise<void> {
  const [newest] = await checkpoints.list();
  if (newest !== undefined && !resume && !standby) {
    const { version, epoch } = newest;
    throw new StalewartError(
      'CONFIG',
      `run is "${run}", which an earlier server has left in NATS (newest checkpoint: version ${version}, epoch ${epoch}): go on from that with --resume, or choose another --run`,
      { field: 'run', value: run },
    );
  }
  if (newest === undefined && resume) {
    throw new StalewartError(
      'CONFIG',
      `resume is set, and run "${run}" has no checkpoint in ${checkpoints.place}: leave it out, or correct --run`,
      { field: 'resume' },
    );
  }
}

/** One line for each change that a user may want to know of. */
function tell(standing: LeaseStanding, notice: LeadershipOptions['notice']): void {
  switch (standing.type) {
    case 'waiting': {
      const { leader, leaderLives, trouble } = standing;
      if (trouble !== null) notice('warn', `the lease cannot be read: ${trouble}`);
      else if (leader !== null && !leaderLives)
        notice('info', `${leader.holder} leads (epoch ${leader.epoch})`);
      break;
    }
    case 'leading':
      notice('info', `this server leads (epoch ${standing.epoch})`);
      break;
    case 'frozen':
      notice('warn', `frozen, nothing is committed: ${standing.trouble}`);
      break;
    case 'deposed':
      notice('warn', `deposed by ${standing.by ?? 'nobody'} (epoch ${standing.byEpoch})`);
      break;
    case 'over':
      notice('info', `the run is over: ${standing.outcome}`);
      break;
    case 'released':
    case 'failed':
    case 'closed':
      break;
  }
}
