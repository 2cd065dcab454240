/**
 * Refuses to lead a run that another server leads: asks, before anything is started, and gives a leading one time to answer.
 * Two that ask at the same time hear each other, and the one with the lower token goes on.
 */
import { randomBytes } from 'node:crypto';
import { protocolVersion } from '../../protocols/wire/lobby-messages.js';
import { announceSubject } from '../../protocols/wire/subjects.js';
import type { Clock } from '../clock/clock.js';
import { StalewartError } from '../errors.js';
import type { Transport } from '../transport/transport.js';

/** Of the question; a leading server's own is at least 1. */
const askingEpoch = 0;
/** Answers take a round trip, and whatever a leading server is busy with. */
const patienceSeconds = 1;

/** Drawn at random by every server program. */
export function newServerToken(): string {
  return randomBytes(8).toString('hex');
}

/** @throws StalewartError SERVICE if another server leads the run, or is about to */
export async function assertNobodyLeads(
  run: string,
  server: string,
  transport: Pick<Transport, 'send' | 'subscribe'>,
  clock: Clock,
): Promise<void> {
  const subject = announceSubject(run);
  const announcements$ = await transport.subscribe(subject);
  const header = { type: 'announce', run, epoch: askingEpoch, protocol: protocolVersion, server } as const;
  await new Promise<void>((resolve, reject) => {
    const done = clock.after(patienceSeconds, () => {
      subscription.unsubscribe();
      resolve();
    });
    const stop = (error: StalewartError): void => {
      done();
      subscription.unsubscribe();
      reject(error);
    };
    const subscription = announcements$.subscribe(({ header: heard }) => {
      if (heard.type !== 'announce' || heard.server === server) return;
      if (heard.epoch === askingEpoch && heard.server > server) return;
      stop(secondServer(run, heard.epoch));
    });
    transport.send(subject, { header, tensor: null }).catch((cause: unknown) => {
      stop(new StalewartError('SERVICE', `run "${run}": nobody can be asked who leads it`, { cause }));
    });
  });
}

function secondServer(run: string, epoch: number): StalewartError {
  const what =
    epoch === askingEpoch ? 'another server is starting it' : `another server leads it (epoch ${epoch})`;
  return new StalewartError(
    'SERVICE',
    `run "${run}" cannot be served: ${what} on these NATS servers; stop that one, or choose another name with --run`,
    { field: 'run', value: run },
  );
}
