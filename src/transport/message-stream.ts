/**
 * What a subscription hands out: an observable of messages that loses nothing between the moment the subscription is in
 * force and the first `subscribe` call. Invariant: it ends once, when its last subscriber leaves or the transport
 * closes, and never comes back to life.
 */
import { Observable, Subject } from 'rxjs';
import type { Message } from '../../protocols/wire/messages.js';

/** How many messages wait for the first subscriber; the oldest beyond that is dropped. */
const maxWaiting = 1024;

export interface MessageStream {
  readonly messages$: Observable<Message>;
  readonly ended: boolean;
  /** Returns false when a waiting message had to be dropped for it. */
  push(message: Message): boolean;
  /** Completes the observable. */
  end(): void;
}

/** @param onUnsubscribed called once, when the last subscriber has left; not after `end` */
export function createMessageStream(onUnsubscribed: () => void): MessageStream {
  const live = new Subject<Message>();
  let waiting: Message[] | null = [];
  let subscribers = 0;
  let ended = false;

  const end = (): void => {
    ended = true;
    live.complete();
  };

  const messages$ = new Observable<Message>((subscriber) => {
    subscribers += 1;
    subscriber.add(() => {
      subscribers -= 1;
      if (subscribers > 0 || ended) return;
      end();
      onUnsubscribed();
    });
    for (const message of waiting ?? []) subscriber.next(message);
    waiting = null;
    subscriber.add(live.subscribe(subscriber));
  });

  return {
    messages$,
    get ended() {
      return ended;
    },
    push(message) {
      if (ended) return true;
      if (waiting === null) {
        live.next(message);
        return true;
      }
      waiting.push(message);
      if (waiting.length <= maxWaiting) return true;
      waiting.shift();
      return false;
    },
    end,
  };
}
