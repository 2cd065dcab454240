/**
 * A process's side of the lobby: it asks the server for workers until it is answered, says that it lives, follows a server that
 * takes the run over or starts anew, and gives up when none is heard for as long as its user is patient.
 *
 * Invariant: at most one life at a time. Whatever the server says to an earlier one is not heard.
 */
import { randomBytes } from 'node:crypto';
import { Subject, type Observable, type Subscription } from 'rxjs';
import {
  protocolVersion,
  type RefuseMessage,
  type ToLobby,
  type ToProcess,
  toProcessSchema,
  type WelcomeMessage,
} from '../../protocols/wire/lobby-messages.js';
import { announceSubject, lobbySubject, processSubject } from '../../protocols/wire/subjects.js';
import type { Owner } from '../../actors/server/owners.js';
import type { CancelTimer, Clock } from '../clock/clock.js';
import { StalewartError } from '../errors.js';
import type { Transport } from '../transport/transport.js';
import type { Notice } from './run.js';

export interface LobbyClientOptions {
  readonly run: string;
  readonly process: string;
  readonly slots: number;
  /** For the server's record. */
  readonly version: string;
  readonly backend: string;
  readonly transport: Pick<Transport, 'send' | 'subscribe'>;
  readonly clock: Clock;
  /** How long to wait for a server that is not there, seconds. */
  readonly patienceSeconds: number;
  readonly notice: (level: Notice['level'], message: string) => void;
}

export type LobbyEvent =
  /** These workers are this life's; their number may have grown since the last one. */
  | { readonly type: 'welcome'; readonly life: string; readonly welcome: WelcomeMessage }
  /** This life is over, and the next one is asking to enter. */
  | { readonly type: 'dead'; readonly reason: string }
  | { readonly type: 'end'; readonly status: 'finished' | 'stopped' | 'failed'; readonly reason: string };

export interface LobbyClient {
  /**
   * Completes after `end` and after `close`. Errors with StalewartError SERVICE: refused, or nobody heard for as long as
   * the patience lasts.
   */
  readonly events$: Observable<LobbyEvent>;
  /** Tells the server that this process is gone. */
  leave(reason: string): Promise<void>;
  /** Hears and says nothing any more. */
  close(): void;
}

/** Seconds between two questions. */
const askEvery = 1;
/** A server that does not announce itself this long is away. Patience ends it; the line comes sooner. */
const worriedAfter = 5;

/** Subscribes and begins to ask. Events wait for nobody: subscribe to `events$` at once. */
export async function openLobbyClient(options: LobbyClientOptions): Promise<LobbyClient> {
  const { run, process, transport } = options;
  const answers$ = await transport.subscribe(processSubject(run, process));
  const announcements$ = await transport.subscribe(announceSubject(run));
  const client = new Client(options);
  client.listen([
    answers$.subscribe(({ header }) => {
      const answer = toProcessSchema.safeParse(header);
      if (answer.success) client.hear(answer.data);
    }),
    announcements$.subscribe(({ header }) => {
      if (header.type === 'announce' && header.epoch > 0) client.hearServer(header.server, header.epoch);
    }),
  ]);
  return client;
}

class Client implements LobbyClient {
  readonly events$: Observable<LobbyEvent>;
  readonly #events$ = new Subject<LobbyEvent>();
  readonly #options: LobbyClientOptions;
  #life = newLife();
  /** Null: not welcomed yet. */
  #epoch: number | null = null;
  /** Token of the server that announced itself last. */
  #server: string | null = null;
  #heardAt: number;
  #askedAt = -Infinity;
  #worried = false;
  /** Seconds between signs of life; that of the run once it is known. */
  #period = askEvery;
  #over = false;
  #subscriptions: readonly Subscription[] = [];
  #cancelTick: CancelTimer = () => undefined;

  constructor(options: LobbyClientOptions) {
    this.#options = options;
    this.events$ = this.#events$.asObservable();
    this.#heardAt = options.clock.now();
  }

  listen(subscriptions: readonly Subscription[]): void {
    this.#subscriptions = subscriptions;
    this.#tick();
  }

  hear(header: ToProcess): void {
    if (this.#over || header.life !== this.#life) return;
    this.#heardAt = this.#options.clock.now();
    switch (header.type) {
      case 'welcome':
        return this.#welcomed(header);
      case 'refuse':
        return this.#refused(header);
      case 'end':
        this.#events$.next({ type: 'end', status: header.status, reason: header.reason });
        return this.close();
    }
  }

  hearServer(server: string, epoch: number): void {
    if (this.#over) return;
    this.#heardAt = this.#options.clock.now();
    if (this.#worried) this.#say('info', 'the server is heard again');
    this.#worried = false;
    const isNew = this.#server !== null && this.#server !== server;
    this.#server = server;
    if (this.#epoch === null) {
      // Whatever was asked before was asked of nobody.
      if (isNew || this.#options.clock.now() - this.#askedAt > askEvery / 2) this.#ask();
    } else if (isNew && epoch >= this.#epoch) {
      this.#enterAgain(`another server leads the run (epoch ${epoch})`);
    }
  }

  async leave(reason: string): Promise<void> {
    const { run, process, transport } = this.#options;
    const header = { type: 'leave', ...this.#fence(), reason, returns: false } as const;
    // If it is lost, silence says the same.
    await transport.send(lobbySubject(run, process), { header, tensor: null }).catch(() => undefined);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#cancelTick();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#events$.complete();
  }

  #welcomed(welcome: WelcomeMessage): void {
    const heartbeat = welcome.config['heartbeat'];
    if (typeof heartbeat === 'number' && heartbeat > 0) this.#period = heartbeat;
    this.#epoch = welcome.epoch;
    this.#events$.next({ type: 'welcome', life: this.#life, welcome });
  }

  #refused({ again, reason, protocol }: RefuseMessage): void {
    if (again) return this.#enterAgain(reason);
    const { run, process } = this.#options;
    const versions =
      protocol === protocolVersion ? '' : ` (protocol ${protocolVersion} here, ${protocol} there)`;
    this.#fail(`the server of run "${run}" does not take process "${process}"${versions}: ${reason}`);
  }

  #enterAgain(reason: string): void {
    const welcomed = this.#epoch !== null;
    this.#life = newLife();
    this.#epoch = null;
    if (welcomed) this.#events$.next({ type: 'dead', reason });
    this.#ask();
  }

  #tick(): void {
    const { clock, run, patienceSeconds } = this.#options;
    const silent = clock.now() - this.#heardAt;
    if (silent > patienceSeconds) {
      return this.#fail(
        `no server of run "${run}" was heard for ${patienceSeconds} s: start one (stalewart server --run ${run}), see that both use the same NATS servers, or wait longer with --patience`,
      );
    }
    const worry = this.#epoch === null && this.#server === null ? askEvery : worriedAfter;
    if (!this.#worried && silent >= worry) {
      this.#worried = true;
      this.#say('info', `waiting for the server of run "${run}", ${patienceSeconds} s at most`);
    }
    if (this.#epoch === null) this.#ask();
    else this.#send({ type: 'alive', ...this.#fence() });
    this.#cancelTick = clock.after(this.#epoch === null ? askEvery : this.#period, () => this.#tick());
  }

  #ask(): void {
    const { slots, version, backend, clock } = this.#options;
    this.#askedAt = clock.now();
    const protocol = protocolVersion;
    this.#send({ type: 'enter', ...this.#fence(), protocol, slots, version, backend });
  }

  #fence(): Owner & { readonly run: string } {
    const { run, process } = this.#options;
    return { run, process, life: this.#life };
  }

  #send(header: ToLobby): void {
    const { run, process, transport } = this.#options;
    transport.send(lobbySubject(run, process), { header, tensor: null }).catch((error: unknown) => {
      if (!this.#over) this.#error(error);
    });
  }

  #say(level: Notice['level'], message: string): void {
    this.#options.notice(level, message);
  }

  #fail(message: string): void {
    this.#error(new StalewartError('SERVICE', message, { field: 'run', value: this.#options.run }));
  }

  #error(error: unknown): void {
    this.#over = true;
    this.#cancelTick();
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#events$.error(error);
  }
}

function newLife(): string {
  return randomBytes(8).toString('hex');
}
