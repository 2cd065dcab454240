/** Tells observers what happens in a run: rounds, evaluations, restarts, failures and processes, as they come. */
import type { Observable, Subscription } from 'rxjs';
import type { ProcessRecord } from '../../actors/lobby/lobby-actor.js';
import type { EventMessage } from '../../protocols/wire/lobby-messages.js';
import { eventsSubject } from '../../protocols/wire/subjects.js';
import type { EvaluationRecord, FailureRecord, RestartRecord, RoundRecord } from '../telemetry/run-events.js';
import type { Transport } from '../transport/transport.js';
import { asJsonObject } from './worker-config.js';

export interface PublishedStreams {
  readonly rounds$: Observable<RoundRecord>;
  readonly evaluations$: Observable<EvaluationRecord>;
  readonly restarts$: Observable<RestartRecord>;
  readonly failures$: Observable<FailureRecord>;
  readonly processes$: Observable<ProcessRecord>;
}

/** Sends one message per record until unsubscribed. What cannot leave is dropped and named by the transport. */
export function publishEvents(
  run: string,
  epoch: number,
  transport: Pick<Transport, 'send'>,
  { rounds$, evaluations$, restarts$, failures$, processes$ }: PublishedStreams,
): readonly Subscription[] {
  const publish = (kind: EventMessage['kind']) => (record: object) => {
    const header: EventMessage = { type: 'event', run, epoch, kind, record: asJsonObject(record) };
    // A closed transport means that the run is over.
    transport.send(eventsSubject(run), { header, tensor: null }).catch(() => undefined);
  };
  return [
    rounds$.subscribe(publish('round')),
    evaluations$.subscribe(publish('evaluation')),
    restarts$.subscribe(publish('restart')),
    failures$.subscribe(publish('failure')),
    processes$.subscribe(publish('process')),
  ];
}
