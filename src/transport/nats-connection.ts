/**
 * One connection to a nats-server, from its first to its last breath: a pulse of its own tells the living from the frozen,
 * a window bounds the bytes on their way. Invariant: it is lost once, and whoever waits on it is let go.
 */
import type { CancelTimer, Clock } from '../clock/clock.js';
import { createFlightWindow, type FlightWindow } from './flight-window.js';
import type { NatsConnection } from './nats-dial.js';
import type { TransportStatus } from './transport.js';

/** Pulses without a sign of life after which a connection counts as lost. */
const maxMissedPulses = 2;

export interface LiveConnection {
  readonly nats: NatsConnection;
  readonly window: FlightWindow;
  /** Resolves with the reason when it is lost or closed; never rejects. */
  readonly lost: Promise<string>;
  readonly isLost: boolean;
  /** A sign of life was received. */
  heard(): void;
}

export interface LiveOptions {
  readonly clock: Clock;
  readonly pulseSeconds: number;
  readonly maxFlightBytes: number;
  readonly emit: (status: TransportStatus) => void;
}

/** Whether the server has read everything so far; false when the connection is lost before. */
export async function roundTrip({ nats, lost }: LiveConnection): Promise<boolean> {
  const answered = nats.flush().then(
    () => true,
    () => false,
  );
  return Promise.race([answered, lost.then(() => false)]);
}

/** Starts the pulse of a fresh connection. */
export function makeLive(nats: NatsConnection, options: LiveOptions): LiveConnection {
  const { clock, pulseSeconds, maxFlightBytes, emit } = options;
  let isLost = false;
  let missed = 0;
  let alive = true;
  let cancelPulse: CancelTimer = () => undefined;
  let reason = 'the connection was cut';

  const heard = (): void => {
    alive = true;
  };
  const flush = async (): Promise<void> => {
    await nats.flush();
    heard();
  };
  const window = createFlightWindow(maxFlightBytes, flush);

  const pulse = (): void => {
    missed = alive ? 0 : missed + 1;
    alive = false;
    if (missed > maxMissedPulses) {
      reason = `no sign of life for ${missed * pulseSeconds} s`;
      void nats.close();
      return;
    }
    flush().catch(() => undefined);
    cancelPulse = clock.after(pulseSeconds, pulse);
  };
  cancelPulse = clock.after(pulseSeconds, pulse);

  const lost = nats.closed().then((error) => {
    isLost = true;
    cancelPulse();
    window.abandon();
    return error instanceof Error ? error.message : reason;
  });
  void reportProblems(nats, emit);
  return {
    nats,
    window,
    lost,
    heard,
    get isLost() {
      return isLost;
    },
  };
}

/** What the server says besides messages: permissions, slow consumers, that it is about to shut down. */
async function reportProblems(nats: NatsConnection, emit: (status: TransportStatus) => void): Promise<void> {
  for await (const { type, data, permissionContext } of nats.status()) {
    if (type === 'error') {
      emit({
        type: 'warning',
        detail:
          permissionContext === undefined
            ? `nats-server reports ${JSON.stringify(data)}`
            : `nats-server does not allow to ${verbOf(permissionContext.operation)} ${permissionContext.subject}: it is not a subject of this role`,
      });
    }
    if (type === 'ldm') emit({ type: 'warning', detail: 'nats-server is about to shut down' });
  }
}

function verbOf(operation: string): string {
  return operation === 'publish' ? 'publish to' : 'subscribe to';
}
