/**
 * How messages travel. Delivery is at most once per send and may fail silently (a connection is cut): whoever needs
 * more repeats until it hears an answer. Messages on one subject from one sender arrive in the order sent, but for those
 * without a tensor, which may overtake those with one. A subject of a run (`protocols/wire/subjects.ts`) carries only messages whose header names the same run, process, worker and family.
 */
import type { Observable } from 'rxjs';
import type { Message } from '../../protocols/wire/messages.js';

export type TransportStatus =
  | { readonly type: 'connected'; readonly detail: string }
  | { readonly type: 'disconnected'; readonly detail: string }
  /** An arriving message was malformed and is not delivered. */
  | { readonly type: 'refused-message'; readonly subject: string; readonly detail: string }
  /** A message given to `send` was let go because there is no connection. */
  | { readonly type: 'dropped-message'; readonly subject: string; readonly detail: string }
  /** The service complains (slow consumer, permission, shutting down), and the connection stands. */
  | { readonly type: 'warning'; readonly detail: string }
  | { readonly type: 'closed'; readonly detail: string };

export interface Transport {
  readonly name: 'local' | 'nats';
  /**
   * Resolves when the message is handed over and the next may follow (back-pressure), or was dropped and named in
   * `status$`; never waits without bound. Rejects with StalewartError `WIRE` when the message is not valid, `SERVICE`
   * after `close`. The sender gives the tensor away: nobody may change it afterwards, neither sender nor receivers
   * (within a process it is passed by reference).
   */
  send(subject: string, message: Message): Promise<void>;
  /**
   * Messages on a subject (`*` and `>` as in NATS), valid ones only: refused ones are named in `status$`, one event
   * each. The subscription is in force when the promise resolves, and messages wait for the observable's first
   * subscriber; when its last one unsubscribes, the subscription ends for good. A handler that throws does not disturb
   * the others; RxJS reports its error as uncaught. Rejects as `send`.
   */
  subscribe(subject: string): Promise<Observable<Message>>;
  /** Starts with the present state (`connected`, `disconnected`, `closed`), then everything that happens. */
  readonly status$: Observable<TransportStatus>;
  /** Delivers what was sent, then ends; all observables complete. Calling it again does nothing. */
  close(): Promise<void>;
}
