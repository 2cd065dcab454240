/**
 * The only file that knows nact. It takes from it what is sound: a mailbox per actor, in order, one handler at a time,
 * one turn of the event loop per message. Its crash handling, queries, hierarchy and stopping are never used: errors
 * do not reach it, mailboxes are closed only when empty, and all lie side by side below nact's system, because nact
 * copies an actor's children for every message and does not stop them with their parent.
 *
 * Invariant: `handle` calls of one mailbox never overlap, and every envelope put is handed to it, in order.
 */
import nact from 'nact';

export interface Mailbox<Envelope> {
  readonly put: (envelope: Envelope) => void;
  /** Call only when nothing waits in it: nact drops what does. */
  readonly close: () => void;
}

export interface Mailboxes {
  /** @param name unique among open mailboxes @param handle must not throw or reject */
  readonly open: <Envelope>(name: string, handle: (envelope: Envelope) => Promise<void>) => Mailbox<Envelope>;
  readonly close: () => void;
}

export function openMailboxes(): Mailboxes {
  // Nameless: nact then draws an id, and two systems of one name would otherwise take each other's messages.
  const system = nact.start();
  return {
    open<Envelope>(name: string, handle: (envelope: Envelope) => Promise<void>): Mailbox<Envelope> {
      const ref = nact.spawn(system, (_: undefined, envelope: Envelope) => handle(envelope), name);
      return {
        put: (envelope) => nact.dispatch(ref, envelope),
        close: () => nact.stop(ref),
      };
    },
    close: () => nact.stop(system),
  };
}
