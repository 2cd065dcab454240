/**
 * How messages travel. Delivery is at most once per send and may fail silently (a connection is cut): whoever needs
 * more repeats until it hears an answer. Messages on one subject from one sender arrive in the order sent.
 */
import type { Observable } from 'rxjs';
import type { Message } from '../../protocols/wire/messages.js';

export type TransportStatus =
  | { readonly type: 'connected'; readonly detail: string }
  | { readonly type: 'disconnected'; readonly detail: string }
  | { readonly type: 'refused-message'; readonly subject: string; readonly detail: string }
  | { readonly type: 'closed'; readonly detail: string };

export interface Transport {
  readonly name: 'local' | 'nats';
  /** Resolves when the message is handed over and the next may follow (back-pressure); rejects only after `close`,
   *  or when the header is not valid. The tensor must not be changed before that. Receivers must not change it at all. */
  send(subject: string, message: Message): Promise<void>;
  /** Messages on a subject (`*` and `>` as in NATS), valid ones only: refused ones are counted and named in `status$`.
   *  The subscription is in force when the promise resolves; unsubscribing from the observable ends it. */
  subscribe(subject: string): Promise<Observable<Message>>;
  readonly status$: Observable<TransportStatus>;
  /** Delivers what was sent, then ends; all observables complete. Calling it again does nothing. */
  close(): Promise<void>;
}
