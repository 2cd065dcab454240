/**
 * Messages within one process: checked like everybody's, tensors passed by reference. Invariant: nothing is delivered
 * from within `send`, and all messages are delivered in the order sent. Delivery waits for `setImmediate` rather than a
 * microtask: two parties that answer each other at once then still let timers, threads and signals have their turn.
 */
import { type Message } from '../../protocols/wire/messages.js';
import { subjectMatches } from '../../protocols/wire/subjects.js';
import { createMessageStream, type MessageStream } from './message-stream.js';
import { checkOutgoing, checkPattern, closedError } from './outgoing.js';
import { createStatusSource } from './status-source.js';
import type { Transport } from './transport.js';

interface Subscription {
  readonly pattern: string;
  readonly stream: MessageStream;
}

interface Delivery {
  readonly subject: string;
  readonly message: Message;
  readonly to: readonly Subscription[];
}

/** A transport of its own; all parties of a run share it. */
export function createLocalTransport(): Transport {
  const subscriptions = new Set<Subscription>();
  const status = createStatusSource({ type: 'connected', detail: 'within this process' });
  let queue: Delivery[] = [];
  let scheduled = false;
  let closing: Promise<void> | null = null;
  let finishClose: (() => void) | null = null;

  const deliver = (): void => {
    const batch = queue;
    queue = [];
    scheduled = false;
    for (const { subject, message, to } of batch) {
      for (const { stream } of to) {
        if (!stream.push(message)) {
          status.emit({
            type: 'dropped-message',
            subject,
            detail: 'nobody reads the subscription: its oldest message was dropped',
          });
        }
      }
    }
    if (queue.length === 0) finishClose?.();
  };

  const schedule = (): void => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(deliver);
  };

  return {
    name: 'local',
    status$: status.status$,

    async send(subject, message) {
      if (closing !== null) throw closedError('local');
      const checked = checkOutgoing(subject, message);
      const to = [...subscriptions].filter(({ pattern }) => subjectMatches(pattern, subject));
      if (to.length === 0) return;
      queue.push({ subject, message: checked, to });
      schedule();
    },

    async subscribe(subject) {
      if (closing !== null) throw closedError('local');
      checkPattern(subject);
      const subscription: Subscription = {
        pattern: subject,
        stream: createMessageStream(() => subscriptions.delete(subscription)),
      };
      subscriptions.add(subscription);
      return subscription.stream.messages$;
    },

    close() {
      closing ??= new Promise<void>((resolve) => {
        finishClose = () => {
          finishClose = null;
          for (const { stream } of subscriptions) stream.end();
          subscriptions.clear();
          status.emit({ type: 'closed', detail: 'closed on request' });
          resolve();
        };
        schedule();
      });
      return closing;
    },
  };
}
