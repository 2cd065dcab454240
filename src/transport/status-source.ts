/**
 * The `status$` of a transport: every subscriber first hears the present state of the connection, then what happens.
 * `closed` is the last event; it completes the observable.
 */
import { type Observable, Subject, defer, of, startWith } from 'rxjs';
import type { TransportStatus } from './transport.js';

export interface StatusSource {
  readonly status$: Observable<TransportStatus>;
  readonly emit: (status: TransportStatus) => void;
}

/** @param initial the state that the transport starts with */
export function createStatusSource(initial: TransportStatus): StatusSource {
  const events = new Subject<TransportStatus>();
  let state = initial;
  return {
    status$: defer(() => (state.type === 'closed' ? of(state) : events.pipe(startWith(state)))),
    emit(status) {
      if (state.type === 'closed') return;
      if (status.type === 'connected' || status.type === 'disconnected' || status.type === 'closed') {
        state = status;
      }
      events.next(status);
      if (status.type === 'closed') events.complete();
    },
  };
}
