/**
 * Where processes of workers come in: it welcomes those that ask for worker numbers with everything that they must know, hears
 * that they live, and declares all workers of a process lost together when it leaves, is replaced by its next life or falls
 * silent. It also announces the server that it belongs to, and answers another one that asks who leads the run.
 *
 * Invariant: silence counts only while the connection is up and this process was itself awake; a pause of ours must not be
 * taken for the death of theirs.
 */
import {
  type EnterMessage,
  protocolVersion,
  type ToLobby,
  toLobbySchema,
  type ToProcess,
  type WelcomeMessage,
} from '../../protocols/wire/lobby-messages.js';
import { fitReason } from '../../protocols/wire/messages.js';
import { announceSubject, lobbyInbox, processSubject } from '../../protocols/wire/subjects.js';
import type { Transport } from '../../src/transport/transport.js';
import { StalewartError } from '../../src/errors.js';
import { isClosed } from '../is-closed.js';
import type { ServerMessage } from '../messages.js';
import type { Owner } from '../server/owners.js';
import type { ActorContext, ActorSpec, Behaviour, Recipient } from '../supervision.js';
import type { Guest, Reseating, Seats } from './seats.js';

/** What becomes of a process, for whoever watches. */
export interface ProcessRecord {
  /** Seconds, as of the run's clock. */
  readonly time: number;
  readonly process: string;
  /** `waiting`: it has slots for which there is no number; `lost`: it fell silent, or another life took its place. */
  readonly event: 'entered' | 'waiting' | 'left' | 'lost' | 'refused';
  readonly workers: readonly number[];
  readonly detail: string;
}

/** How the run ended, for the processes. */
export interface RunEnd {
  readonly status: 'finished' | 'stopped' | 'failed';
  readonly reason: string;
}

export interface LobbyOptions {
  readonly run: string;
  readonly epoch: number;
  /** Drawn at random by this program: how it knows its own announcements. */
  readonly server: string;
  readonly transport: Pick<Transport, 'send' | 'subscribe' | 'status$'>;
  readonly parameterServer: Recipient<ServerMessage>;
  readonly seats: Seats;
  /** What the run's processes must know. */
  readonly facts: Pick<WelcomeMessage, 'config' | 'model' | 'dataset'>;
  /** Highest incarnation of the worker that the engine knows; 0: none. */
  readonly incarnationOf: (worker: number) => number;
  readonly heartbeatSeconds: number;
  readonly deadAfterSeconds: number;
  readonly told: (record: ProcessRecord) => void;
}

export type LobbyMessage =
  | { readonly type: 'wire'; readonly header: ToLobby }
  /** The supervisor of a process has seen it end. */
  | { readonly type: 'ended'; readonly process: string; readonly reason: string; readonly returns: boolean }
  | { readonly type: 'connection'; readonly up: boolean }
  /** Another server has announced itself; of epoch 0: it asks who leads. */
  | { readonly type: 'other-server'; readonly epoch: number; readonly server: string }
  /** The run is over; `gone` is called when everybody has left. */
  | { readonly type: 'over'; readonly end: RunEnd; readonly gone: () => void }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'tick' };

/** Each costs memory, whoever it is. */
const maxProcesses = 10_000;

export function lobbyActor(options: LobbyOptions): ActorSpec<LobbyMessage> {
  return {
    name: 'lobby',
    async start(context) {
      const lobby = new Lobby(options, context);
      await lobby.open();
      return lobby;
    },
  };
}

type WithoutFence<Header> = Header extends ToProcess ? Omit<Header, 'run' | 'process' | 'life'> : never;

class Lobby implements Behaviour<LobbyMessage> {
  readonly #options: LobbyOptions;
  readonly #context: ActorContext<LobbyMessage>;
  #connected = true;
  #lastTick: number;
  #over: { readonly end: RunEnd; readonly gone: () => void } | null = null;

  constructor(options: LobbyOptions, context: ActorContext<LobbyMessage>) {
    this.#options = options;
    this.#context = context;
    this.#lastTick = context.now();
  }

  async open(): Promise<void> {
    const { run, server, transport, heartbeatSeconds } = this.#options;
    const { self, signal } = this.#context;
    const lobby$ = await transport.subscribe(lobbyInbox(run));
    const announcements$ = await transport.subscribe(announceSubject(run));
    const subscriptions = [
      lobby$.subscribe(({ header }) => {
        const toLobby = toLobbySchema.safeParse(header);
        if (toLobby.success) self.tell({ type: 'wire', header: toLobby.data });
      }),
      announcements$.subscribe(({ header }) => {
        if (header.type !== 'announce' || header.server === server) return;
        self.tell({ type: 'other-server', epoch: header.epoch, server: header.server });
      }),
      transport.status$.subscribe(({ type }) => {
        if (type === 'connected') self.tell({ type: 'connection', up: true });
        if (type === 'disconnected') self.tell({ type: 'connection', up: false });
      }),
    ];
    signal.addEventListener('abort', () => subscriptions.forEach((each) => each.unsubscribe()));
    this.#announce();
    this.#context.every(heartbeatSeconds, { type: 'tick' });
  }

  readonly receive = (message: LobbyMessage): void => {
    switch (message.type) {
      case 'wire':
        this.#hear(message.header);
        break;
      case 'ended':
        this.#ended(message.process, message.reason, message.returns);
        break;
      case 'connection':
        this.#connected = message.up;
        if (message.up) this.#options.seats.startAfresh(this.#context.now());
        break;
      case 'other-server':
        this.#meet(message.epoch, message.server);
        break;
      case 'over':
        this.#over = message;
        this.#sayFarewell();
        break;
      case 'failed':
        throw message.error;
      case 'tick':
        this.#tick();
        break;
    }
  };

  #hear(header: ToLobby): void {
    if (this.#over !== null) return this.#hearAfterTheEnd(header);
    const { seats } = this.#options;
    switch (header.type) {
      case 'enter':
        this.#entered(header);
        break;
      case 'alive': {
        if (seats.heard(header, this.#context.now())) break;
        const other = seats.guest(header.process);
        // A living process of that name, not just no memory of this life: two programs have one name.
        const reason =
          other === null ? 'this life was given up' : `another program has entered as "${header.process}"`;
        this.#send(header, { type: 'refuse', protocol: protocolVersion, again: other === null, reason });
        break;
      }
      case 'leave':
        this.#gone(header, 'left', header.reason, header.returns);
        break;
    }
  }

  /** One of two servers that lead the same run must go: the one of the lower epoch, or of the higher token. */
  #meet(otherEpoch: number, other: string): void {
    const { run, epoch, server } = this.#options;
    if (otherEpoch < epoch || (otherEpoch === epoch && server < other)) return this.#announce();
    throw new StalewartError(
      'SERVICE',
      `another server leads run "${run}" (its epoch is ${otherEpoch}, here it is ${epoch}): this one ends`,
      { field: 'run', value: run },
    );
  }

  #entered(header: EnterMessage): void {
    const { seats } = this.#options;
    const { process, life, slots, protocol, version } = header;
    if (protocol !== protocolVersion) {
      const reason = `it speaks version ${protocol} of the protocol, this server version ${protocolVersion}: run the same version of stalewart on both sides`;
      this.#tell('refused', process, [], reason);
      this.#send(header, { type: 'refuse', protocol: protocolVersion, again: false, reason });
      return;
    }
    const before = seats.guest(process);
    if (before === null && seats.guests.length >= maxProcesses) {
      const reason = `${maxProcesses} processes have entered already`;
      this.#send(header, { type: 'refuse', protocol: protocolVersion, again: false, reason });
      return;
    }
    const again = before?.life === life;
    const reseating = seats.enter({ process, life }, slots, this.#context.now());
    if (before !== null && !again) {
      this.#tell('lost', process, before.workers, 'its next life has entered');
    }
    this.#carryOut(reseating, `process ${process} entered again`, true);
    const guest = seats.guest(process);
    if (guest === null) return;
    // Whoever was given numbers just now has been welcomed.
    if (again && !reseating.seated.some((each) => each.process === process)) this.#welcome(guest);
    if (again) return;
    this.#tell('entered', process, guest.workers, `stalewart ${version}, ${slots} slots`);
    const wanting = slots - guest.workers.length;
    if (wanting === 0) return;
    if (guest.workers.length === 0) this.#welcome(guest);
    this.#tell('waiting', process, [], `no worker number is free for ${wanting} of its ${slots} slots`);
  }

  #ended(process: string, reason: string, returns: boolean): void {
    const guest = this.#options.seats.guest(process);
    if (guest !== null) this.#gone(guest, 'lost', reason, returns);
    this.#sayFarewell();
  }

  #gone(owner: Owner, event: 'left' | 'lost', reason: string, returns: boolean): void {
    const { seats } = this.#options;
    const guest = seats.guest(owner.process);
    if (guest?.life !== owner.life) return;
    this.#tell(event, owner.process, guest.workers, reason);
    this.#carryOut(
      seats.leave(owner, returns, this.#context.now()),
      `process ${owner.process}: ${reason}`,
      returns,
    );
  }

  #carryOut({ lost, seated }: Reseating, reason: string, returns: boolean): void {
    if (lost.length > 0) {
      this.#options.parameterServer.tell({ type: 'workers-lost', workers: lost, reason, returns });
    }
    for (const guest of seated) this.#welcome(guest);
  }

  #welcome(guest: Guest): void {
    const { epoch, facts, incarnationOf, deadAfterSeconds } = this.#options;
    this.#send(guest, {
      type: 'welcome',
      epoch,
      protocol: protocolVersion,
      workers: guest.workers.map((worker) => ({ worker, incarnation: incarnationOf(worker) + 1 })),
      wanting: guest.slots - guest.workers.length,
      deadAfter: deadAfterSeconds,
      ...facts,
    });
  }

  #tick(): void {
    const { seats, heartbeatSeconds, deadAfterSeconds } = this.#options;
    const now = this.#context.now();
    const overslept = now - this.#lastTick > 2 * heartbeatSeconds + deadAfterSeconds / 2;
    this.#lastTick = now;
    this.#announce();
    this.#sayFarewell();
    if (this.#over !== null || !this.#connected) return;
    if (overslept) return seats.startAfresh(now);
    for (const guest of seats.guests) {
      const silent = now - guest.lastHeard;
      if (silent > deadAfterSeconds) this.#gone(guest, 'lost', `not heard for ${silent.toFixed(1)} s`, false);
    }
    for (const guest of seats.reseat(now)) this.#welcome(guest);
  }

  #hearAfterTheEnd(header: ToLobby): void {
    const { seats } = this.#options;
    if (header.type === 'leave') seats.leave(header, false, this.#context.now());
    else if (header.type === 'enter') this.#sendEnd(header);
    this.#sayFarewell();
  }

  /** Tells whoever is still there that the run is over, and the run when nobody is. */
  #sayFarewell(): void {
    if (this.#over === null) return;
    const { guests } = this.#options.seats;
    for (const guest of guests) this.#sendEnd(guest);
    if (guests.length === 0) this.#over.gone();
  }

  #sendEnd(owner: Owner): void {
    if (this.#over === null) return;
    const { status, reason } = this.#over.end;
    this.#send(owner, { type: 'end', epoch: this.#options.epoch, status, reason: fitReason(reason) });
  }

  #announce(): void {
    const { run, epoch, server, transport } = this.#options;
    const header = { type: 'announce', run, epoch, protocol: protocolVersion, server } as const;
    this.#sent(transport.send(announceSubject(run), { header, tensor: null }));
  }

  #send({ process, life }: Owner, letter: WithoutFence<ToProcess>): void {
    const { run, transport } = this.#options;
    const header: ToProcess = { ...letter, run, process, life };
    this.#sent(transport.send(processSubject(run, process), { header, tensor: null }));
  }

  /** What is lost on the way is asked for again. */
  #sent(sending: Promise<void>): void {
    sending.catch((error: unknown) => {
      if (!isClosed(error)) this.#context.self.tell({ type: 'failed', error });
    });
  }

  #tell(event: ProcessRecord['event'], process: string, workers: readonly number[], detail: string): void {
    this.#options.told({ time: this.#context.now(), process, event, workers: [...workers], detail });
  }
}
