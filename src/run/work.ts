/**
 * A process of workers: it asks a run's server for worker numbers, makes what they need (data, partitions, model, compute pool)
 * from what the server tells, and lets them work until the run is over. When the server gives this life up, or another
 * server takes over, it enters again and uses what it has.
 */
import { randomBytes } from 'node:crypto';
import { availableParallelism, hostname } from 'node:os';
import { type Observable, Subject } from 'rxjs';
import { maxSlots, type WelcomeMessage } from '../../protocols/wire/lobby-messages.js';
import { processNameSchema, runIdSchema } from '../../protocols/wire/subjects.js';
import { type BackendChoice, backendChoices } from '../compute/backend.js';
import { type EngineChoice, engineChoices } from '../compute/engine-choice.js';
import { type Clock, systemClock } from '../clock/clock.js';
import { deferred } from '../deferred.js';
import { configError, oneLineOf, StalewartError } from '../errors.js';
import type { FetchProgress } from '../data/fetch/fetch-progress.js';
import { readVersions } from '../telemetry/versions.js';
import type { Credentials } from '../security/credentials.js';
import { credentialsFor } from '../security/credentials-for.js';
import { connectNatsTransport } from '../transport/nats-transport.js';
import { Closers } from './closers.js';
import { assembleCrew, type Crew } from './crew.js';
import { type LobbyClient, type LobbyEvent, openLobbyClient } from './lobby-client.js';
import type { Notice } from './run.js';
import { prepareWork, type WorkParts } from './work-parts.js';

export interface WorkOptions {
  /** Addresses of the NATS servers, as of `train`. */
  readonly nats: string | readonly string[];
  /** Name of the run. */
  readonly run: string;
  /** Folder of this process's credentials (`stalewart keys`), which name it. Default: none. */
  readonly natsCredentials?: string;
  /** Workers that this process offers to host, 1 … 1,000. Default: 1. */
  readonly slots?: number;
  /** Of this process; it gets its old worker numbers when it comes back under the same one. Default: host and random letters. */
  readonly name?: string;
  /** Compute threads. Default: `os.availableParallelism()`. */
  readonly threads?: number;
  /** Default: `auto`. */
  readonly backend?: BackendChoice;
  /** Default: `auto`. */
  readonly engine?: EngineChoice;
  /** Folder of the data cache. Default: as of `train`. */
  readonly dataDir?: string;
  /** Folder below which modules of models and data sets lie. Default: the working directory. */
  readonly modules?: string;
  /** Whether a data set's cache file is held against its checksums. Default: true; false for one that its starter just has. */
  readonly checkCache?: boolean;
  /** Seconds to wait for a server that is not there, at the start and later. Default: 60. */
  readonly patience?: number;
}

export interface WorkEnvironment {
  /** Told while a data set is fetched. */
  readonly onFetchProgress?: (progress: FetchProgress) => void;
}

/** How it ended: as the run did, or `left`, asked to. */
export interface WorkEnd {
  readonly status: 'finished' | 'stopped' | 'failed' | 'left';
  readonly reason: string;
}

export interface Work {
  readonly name: string;
  readonly notices$: Observable<Notice>;
  /**
   * Resolves when the run is over, or `stop` was called, and nothing is left of it.
   * @throws StalewartError SERVICE if no server is heard or it refuses; MODEL, DATA if what it named is not here or not the
   * same; COMPUTE if a worker crashes too often
   */
  readonly done: Promise<WorkEnd>;
  /** Takes leave of the server, and ends. */
  stop(reason?: string): Promise<WorkEnd>;
}

/** @throws StalewartError CONFIG */
export function work(options: WorkOptions, environment: WorkEnvironment = {}): Work {
  return new WorkProgram(resolveWorkOptions(options), environment);
}

export type ResolvedWorkOptions = Required<Omit<WorkOptions, 'dataDir' | 'natsCredentials'>> &
  Pick<WorkOptions, 'dataDir'> & { readonly credentials: Credentials | null };

function resolveWorkOptions({ natsCredentials, ...options }: WorkOptions): ResolvedWorkOptions {
  const credentials =
    natsCredentials === undefined ? null : credentialsFor('worker', options.run, natsCredentials);
  const holder = credentials?.role.role === 'worker' ? credentials.role.process : null;
  const resolved = {
    credentials,
    slots: 1,
    name: holder ?? newProcessName(),
    threads: availableParallelism(),
    backend: 'auto' as const,
    engine: 'auto' as const,
    modules: '.',
    checkCache: true,
    patience: 60,
    ...options,
  };
  const { run, name, slots, threads, patience, backend, engine } = resolved;
  if (!runIdSchema.safeParse(run).success) {
    throw configError('run', run, '1 to 128 letters, digits, - and _');
  }
  if (!processNameSchema.safeParse(name).success) {
    throw configError('name', name, '1 to 64 letters, digits, - and _');
  }
  if (holder !== null && name !== holder) {
    throw configError('name', name, `${holder}, as its credentials say, or left out`);
  }
  const whole = (field: string, value: number, most: number): void => {
    if (Number.isInteger(value) && value >= 1 && value <= most) return;
    throw configError(field, value, `an integer from 1 to ${most}`);
  };
  whole('slots', slots, maxSlots);
  whole('threads', threads, 1024);
  if (!(patience > 0 && patience <= 1e6))
    throw configError('patience', patience, 'a number above 0 and at most 1000000');
  if (!backendChoices.includes(backend))
    throw configError('backend', backend, `one of ${backendChoices.join(', ')}`);
  if (!engineChoices.includes(engine))
    throw configError('engine', engine, `one of ${engineChoices.join(', ')}`);
  return resolved;
}

/** The host's name, as far as it may be a token, and four letters by which two programs there differ. */
function newProcessName(): string {
  const host = (hostname().split('.', 1)[0] ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 40);
  return `${host === '' ? 'worker' : host}-${randomBytes(2).toString('hex')}`;
}

class WorkProgram implements Work {
  readonly name: string;
  readonly notices$: Observable<Notice>;
  readonly done: Promise<WorkEnd>;
  readonly #notices$ = new Subject<Notice>();
  readonly #options: ResolvedWorkOptions;
  readonly #environment: WorkEnvironment;
  readonly #clock: Clock = systemClock();
  readonly #closers = new Closers();
  /** Aborted when it is over, whatever is still being prepared. */
  readonly #over = new AbortController();
  readonly #ending = deferred<WorkEnd>();
  #client: LobbyClient | null = null;
  #life: string | null = null;
  #welcome: WelcomeMessage | null = null;
  #crew: Crew | null = null;
  #parts: WorkParts | null = null;
  #stopCrew: Promise<void> = Promise.resolve();

  constructor(options: ResolvedWorkOptions, environment: WorkEnvironment) {
    this.#options = options;
    this.#environment = environment;
    this.name = options.name;
    this.notices$ = this.#notices$.asObservable();
    this.#ending.promise.catch(() => undefined);
    this.done = this.#toTheEnd();
    this.done.catch(() => undefined);
  }

  stop(reason = 'stopped by the user'): Promise<WorkEnd> {
    this.#ending.resolve({ status: 'left', reason });
    return this.done;
  }

  async #toTheEnd(): Promise<WorkEnd> {
    let why = '';
    try {
      await Promise.race([this.#begin(), this.#ending.promise]);
      const end = await this.#ending.promise;
      why = end.reason;
      return end;
    } catch (error) {
      why = oneLineOf(error);
      throw error;
    } finally {
      this.#over.abort(new StalewartError('STOPPED', 'the process of workers has ended'));
      await this.#client?.leave(why);
      this.#client?.close();
      this.#dismissCrew();
      await this.#stopCrew;
      await this.#parts?.close();
      await this.#closers.close((error) => this.#notice('error', `closing failed: ${oneLineOf(error)}`));
      this.#notices$.complete();
    }
  }

  async #begin(): Promise<void> {
    const { nats, run, name, slots, backend, patience, credentials } = this.#options;
    const transport = await connectNatsTransport({
      url: nats,
      name: `stalewart ${run} ${name}`,
      ...(credentials === null ? {} : { credentials }),
    });
    this.#closers.add(() => transport.close());
    if (this.#over.signal.aborted) return;
    transport.status$.subscribe(({ type, detail }) => {
      if (type === 'disconnected') this.#notice('warn', `connection lost: ${detail}`);
      if (type === 'connected') this.#notice('info', `connected: ${detail}`);
      if (type === 'warning') this.#notice('warn', detail);
      if (type === 'refused-message' || type === 'dropped-message')
        this.#notice('debug', `${type}: ${detail}`);
    });
    const client = await openLobbyClient({
      run,
      process: name,
      slots,
      backend,
      version: readVersions().stalewart ?? 'unknown',
      transport,
      clock: this.#clock,
      patienceSeconds: patience,
      notice: (level, message) => this.#notice(level, message),
    });
    this.#client = client;
    client.events$.subscribe({
      next: (event) => this.#hear(event, transport),
      error: (error) => this.#ending.reject(error),
    });
  }

  #hear(event: LobbyEvent, transport: Parameters<typeof assembleCrew>[0]['transport']): void {
    switch (event.type) {
      case 'welcome': {
        const { life, welcome } = event;
        const isNew = life !== this.#life;
        this.#welcome = welcome;
        this.#life = life;
        if (isNew) void this.#settle(life, transport).catch((error: unknown) => this.#ending.reject(error));
        else this.#seat();
        break;
      }
      case 'dead':
        this.#notice('warn', `entering again: ${event.reason}`);
        this.#life = null;
        this.#dismissCrew();
        break;
      case 'end':
        this.#ending.resolve({ status: event.status, reason: event.reason });
        break;
    }
  }

  /** Prepares what the workers of this life need, and starts them. */
  async #settle(life: string, transport: Parameters<typeof assembleCrew>[0]['transport']): Promise<void> {
    const isOld = (): boolean => life !== this.#life || this.#over.signal.aborted;
    await this.#stopCrew;
    if (isOld() || this.#welcome === null) return;
    const parts = await this.#prepared(this.#welcome);
    if (isOld()) return;
    const { run, name } = this.#options;
    const { config, compute } = parts;
    this.#crew = assembleCrew({
      run,
      process: name,
      life,
      config,
      compute,
      transport,
      clock: this.#clock,
      crashed: ({ worker, error, action }) =>
        this.#notice('warn', `worker ${worker}: ${oneLineOf(error)}, ${action}`),
      onFailure: (error) => this.#ending.reject(error),
    });
    this.#seat();
  }

  /** Starts those workers that the last welcome names and that do not work yet. */
  #seat(): void {
    if (this.#crew === null || this.#welcome === null) return;
    const { workers, wanting } = this.#welcome;
    const added = this.#crew.add(workers);
    if (added.length > 0) this.#notice('info', `working as ${numbered(added)}`);
    if (wanting > 0)
      this.#notice('info', `${wanting} of ${this.#options.slots} slots wait for a free worker number`);
  }

  async #prepared(welcome: WelcomeMessage): Promise<WorkParts> {
    const key = JSON.stringify([welcome.config, welcome.model, welcome.dataset]);
    if (this.#parts?.key === key) return this.#parts;
    const old = this.#parts;
    this.#parts = null;
    await old?.close();
    const { onFetchProgress } = this.#environment;
    const parts = await prepareWork(key, welcome, this.#options, {
      signal: this.#over.signal,
      warn: (message) => this.#notice('warn', message),
      ...(onFetchProgress === undefined ? {} : { onFetchProgress }),
    });
    this.#parts = parts;
    const { backend, backendReason, engine, engineReason, threads } = parts.compute;
    this.#notice(
      'info',
      `backend ${backend}: ${backendReason}; engine ${engine}: ${engineReason}; ${threads} threads`,
    );
    return parts;
  }

  #dismissCrew(): void {
    const crew = this.#crew;
    this.#crew = null;
    if (crew !== null) this.#stopCrew = crew.stop();
  }

  #notice(level: Notice['level'], message: string): void {
    this.#notices$.next({ level, message });
  }
}

function numbered(workers: readonly number[]): string {
  return `worker${workers.length === 1 ? '' : 's'} ${workers.join(', ')}`;
}
