import assert from 'node:assert/strict';
import { localOwner } from '../../actors/server/owners.js';
import type { RunOutcome } from '../../actors/server-actor.js';
import type { DeadLetter } from '../../actors/supervision.js';
import type { WorkerFailure } from '../../actors/worker-fleet.js';
import type { Commit, EngineStep } from '../../protocols/sync/events.js';
import type { Policy } from '../../protocols/sync/policy.js';
import type { EngineOptions } from '../../protocols/sync/round-engine.js';
import type { MessageHeader } from '../../protocols/wire/messages.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { type PolicySettingsInput, resolvePolicySettings } from '../../protocols/sync/settings.js';
import { serverSubject } from '../../protocols/wire/subjects.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { type LiveRun, startLiveRun } from '../../src/run/live-run.js';
import { localWorkers } from '../../src/run/local-workers.js';
import { StalewartError } from '../../src/errors.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';
import { createLocalTransport } from '../../src/transport/local-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { createFakeCompute, type FakeCompute } from '../support/fake-compute.js';
import { type Faults, faultyTransport } from '../support/faulty-transport.js';
import { createVirtualClock } from '../support/virtual-clock.js';

interface Setting {
  readonly policy?: string;
  readonly settings?: PolicySettingsInput;
  readonly engine?: Partial<EngineOptions>;
  readonly straggler?: string;
  readonly faults?: Faults;
  readonly maxRestarts?: number;
  readonly compute?: FakeCompute;
  /** The error with which a message of the server is refused; null: it is sent. */
  readonly spoil?: (header: MessageHeader) => Error | null;
  /** Messages that are lost. */
  readonly drop?: (header: MessageHeader) => boolean;
  readonly subscribe?: Transport['subscribe'];
  /** Tensors leave one after the other, each taking so long. */
  readonly secondsPerTensor?: number;
  readonly joinsPerSecond?: number;
  readonly maxInboundBytes?: number;
}

/** Runs until the run is over or `seconds` of virtual time have passed. */
async function bench({ policy = 'abs', settings = {}, engine = {}, straggler, faults, ...more }: Setting) {
  const clock = createVirtualClock();
  const resolved = resolvePolicySettings({ workers: 10, k0: 2, a: 8, ...settings });
  const chosen = findPolicy(policy)?.create(resolved);
  assert.ok(chosen);
  const compute = more.compute ?? createFakeCompute(3, 'at-once');
  const store = createParameterStore(compute.model.initial);
  const local = createLocalTransport();
  const faulty = faults === undefined ? local : faultyTransport(local, faults, 7);
  const toWorkers: MessageHeader[] = [];
  /** Workers whose update is being sent. */
  const onTheWay = new Set<number>();
  let mostUpdates = 0;
  let line = Promise.resolve();
  const leave = (seconds: number): Promise<void> => {
    line = line.then(
      () =>
        new Promise((sent) => {
          clock.after(seconds, sent);
        }),
    );
    return line;
  };
  /** The last message on each subject: none overtakes it. */
  const turns = new Map<string, Promise<void>>();
  const transport: Transport = {
    ...faulty,
    subscribe: more.subscribe ?? ((subject) => faulty.subscribe(subject)),
    async send(subject, message) {
      const { header, tensor } = message;
      const spoilt = more.spoil?.(header) ?? null;
      if (spoilt !== null) throw spoilt;
      if (more.drop?.(header) === true) return;
      if (header.type === 'update') onTheWay.add(header.worker);
      mostUpdates = Math.max(mostUpdates, onTheWay.size);
      if (more.secondsPerTensor !== undefined) {
        const { secondsPerTensor } = more;
        const before = turns.get(subject) ?? Promise.resolve();
        const turn = tensor === null ? before : before.then(() => leave(secondsPerTensor));
        turns.set(subject, turn);
        await turn;
      }
      if (subject.includes('.worker.')) toWorkers.push(header);
      await faulty.send(subject, message);
      if (header.type === 'update') onTheWay.delete(header.worker);
    },
  };
  const errors: unknown[] = [];
  const refused: string[] = [];
  const steps: EngineStep[] = [];
  const outcomes: RunOutcome[] = [];
  const failures: WorkerFailure[] = [];
  const suspicions: [number, boolean][] = [];
  /** Worker and incarnation. */
  const silent: [number, number][] = [];
  const deadLetters: DeadLetter[] = [];
  const { workers } = resolved;
  const spec = parseStraggler(straggler ?? 'gamma:vtask=0.3,vmach=0.6,mean=1');
  const common = {
    run: 'test',
    compute,
    transport,
    heartbeatSeconds: 1,
    silence: { heartbeatSeconds: 1, suspectAfterSeconds: 3, deadAfterSeconds: 10 },
    retrySeconds: 2,
    joinsPerSecond: more.joinsPerSecond ?? 100,
    maxInboundBytes: more.maxInboundBytes ?? 2 ** 28,
    restart: {
      maxRestarts: more.maxRestarts ?? 5,
      windowSeconds: 1000,
      backoff: { initialSeconds: 1, maxSeconds: 8, factor: 2, jitter: 0 },
      random: () => 0,
    },
  };
  const live: LiveRun = await startLiveRun({
    ...common,
    clock,
    engine: { policy: chosen, workers, localSteps: 10, maxRounds: 40, ...engine },
    store,
    host: localWorkers({ ...common, workers, taskTimes: createTaskTimes(spec, { workers, seed: 1 }) }),
    observer: {
      heard: () => undefined,
      suspicion: (worker, _incarnation, suspected) => suspicions.push([worker, suspected]),
      silent: ({ worker, incarnation }) => silent.push([worker, incarnation]),
      refused: (_header, reason) => refused.push(reason),
      step: (step) => steps.push(step),
      over: (outcome) => outcomes.push(outcome),
    },
    onFailure: (error) => errors.push(error),
  });
  live.failures$.subscribe((failure) => failures.push(failure));
  live.deadLetters$.subscribe((letter) => deadLetters.push(letter));
  const effects = () => steps.flatMap((step) => step.effects);
  return {
    clock,
    live,
    store,
    transport,
    steps,
    outcomes,
    failures,
    silent,
    suspicions,
    deadLetters,
    errors,
    refused,
    toWorkers,
    mostUpdates: () => mostUpdates,
    commits: () => effects().filter((effect): effect is Commit => effect.type === 'commit'),
    count: (type: string) => effects().filter((effect) => effect.type === type).length,
    async untilOver(seconds: number) {
      for (let passed = 0; passed < seconds && outcomes.length + errors.length === 0; passed += 1)
        await clock.advance(1);
    },
    async close() {
      await live.close({ status: 'finished', reason: 'the test is over' });
      await transport.close();
    },
  };
}

describe('live run', () => {
  let b: Awaited<ReturnType<typeof bench>>;
  afterEach(() => b.close());

  it('trains ten unequal workers under ABS, some of them restarted', async () => {
    b = await bench({});
    await b.untilOver(200);
    assert.deepEqual(b.outcomes, [{ code: null, reason: '40 rounds' }]);
    assert.deepEqual(
      b.commits().map(({ version }) => version),
      Array.from({ length: 40 }, (_, i) => i + 1),
    );
    assert.ok(b.count('cancel') > 0);
    assert.equal(b.store.version, 40);
  });

  it('gives the same rounds for the same seed', async () => {
    const rounds = async (): Promise<unknown> => {
      b = await bench({});
      await b.untilOver(200);
      const steps = b.commits();
      const sha = b.store.sha256();
      await b.close();
      return { steps, sha };
    };
    assert.deepEqual(await rounds(), await rounds());
  });

  it('brings a crashed worker back as a new incarnation while the others go on', async () => {
    b = await bench({ engine: { maxRounds: 60 } });
    await b.clock.advance(3);
    const before = b.commits().length;
    assert.equal(await reply(b, b.live.crash(4)), true);
    await b.untilOver(200);
    assert.ok(before < 60);
    assert.equal(b.outcomes[0]?.code, null);
    assert.deepEqual(
      b.failures.map(({ worker, incarnation, action }) => [worker, incarnation, action]),
      [[4, 1, 'restarting']],
    );
    const joins = b.steps.filter(({ event }) => event.type === 'worker-joined' && event.worker === 4);
    assert.deepEqual(
      joins.map(({ event }) => event.type === 'worker-joined' && event.incarnation),
      [1, 2],
    );
  });

  it('goes on without a worker whose restarts are used up', async () => {
    b = await bench({
      policy: 'local-sgd',
      settings: { workers: 3 },
      maxRestarts: 1,
      engine: { maxRounds: 30 },
    });
    await b.clock.advance(2);
    await reply(b, b.live.crash(2));
    await b.clock.advance(5);
    await reply(b, b.live.crash(2));
    await b.untilOver(300);
    assert.deepEqual(
      b.failures.map(({ action }) => action),
      ['restarting', 'given-up'],
    );
    assert.equal(b.outcomes[0]?.code, null);
    assert.equal(b.commits().at(-1)?.waitCount, 2);
  });

  it('tells of a worker that falls silent and is heard again twice: as silent, and as declared dead', async () => {
    let cut = true;
    b = await bench({
      settings: { workers: 3 },
      maxRestarts: 0,
      engine: { maxRounds: null },
      drop: (header) => cut && 'worker' in header && header.worker === 2 && header.type === 'heartbeat',
      straggler: 'constant:mean=1000',
    });
    await b.clock.advance(15);
    assert.deepEqual([b.silent, b.failures], [[[2, 1]], []]);
    assert.deepEqual(b.suspicions, [[2, true]]);
    cut = false;
    await b.clock.advance(15);
    assert.deepEqual(b.silent, [[2, 1]]);
    assert.deepEqual(
      b.failures.map(({ worker, incarnation, action }) => [worker, incarnation, action]),
      [[2, 1, 'given-up']],
    );
  });

  it('tells of what comes to a life that is over', async () => {
    b = await bench({ settings: { workers: 3 }, compute: createFakeCompute(3), engine: { maxRounds: null } });
    await b.clock.advance(3);
    assert.deepEqual(b.deadLetters, []);
    await reply(b, b.live.crash(1)); // its task ends with it, and says so
    await b.clock.advance(1);
    assert.deepEqual(
      b.deadLetters.map(({ to, reason }) => [to, reason]),
      [['worker-1', 'stale-self']],
    );
  });

  it('fails, and does not hang, when no worker is left', async () => {
    b = await bench({ settings: { workers: 2 }, maxRestarts: 0 });
    await b.clock.advance(1);
    await reply(b, b.live.crash(0));
    await reply(b, b.live.crash(1));
    await b.untilOver(30);
    assert.equal(b.outcomes[0]?.code, 'no-workers');
  });

  it('crashing of itself is no different: compute that fails every time ends in no workers', async () => {
    const compute = createFakeCompute(3);
    compute.run = () => Promise.reject(new Error('broken'));
    b = await bench({ compute, settings: { workers: 2 }, maxRestarts: 2 });
    await b.untilOver(120);
    assert.equal(b.outcomes[0]?.code, 'no-workers');
    assert.equal(b.failures.length, 6);
  });

  it('ends at once, with the error, where a task shows that what the user asked for cannot be done', async () => {
    const compute = createFakeCompute(3);
    const error = new StalewartError('MODEL', 'model: its loss returned a tensor of shape [8]');
    compute.run = () => Promise.reject(error);
    b = await bench({ compute, settings: { workers: 2 }, maxRestarts: 1000 });
    await b.clock.advance(0.5);
    assert.equal(b.errors[0], error);
  });

  it('survives lost and repeated messages; every update is applied once', async () => {
    b = await bench({ faults: { lose: 0.2, repeat: 0.2 }, engine: { maxRounds: 60 } });
    await b.untilOver(2000);
    assert.equal(b.outcomes[0]?.code, null);
    const applied = b.commits().flatMap(({ contributions }) => contributions.map(({ updateId }) => updateId));
    assert.equal(new Set(applied).size, applied.length);
    const sum = b
      .commits()
      .reduce(
        (total, { contributions, scale }) =>
          total + scale * contributions.reduce((part, { worker }) => part + worker + 1, 0),
        0,
      );
    assert.ok(Math.abs((b.store.current()[0] ?? 0) - sum) < 1e-3);
  });

  it('stops after the open round when asked to', async () => {
    b = await bench({ engine: { maxRounds: null } });
    await b.clock.advance(5);
    const rounds = b.commits().length;
    b.live.stop('finish-round', 'asked');
    await b.untilOver(100);
    assert.deepEqual(b.outcomes, [{ code: null, reason: 'asked' }]);
    assert.equal(b.commits().length, rounds + 1);
  });

  it('ends when a policy throws, and tells why', async () => {
    const broken: Policy<null> = {
      name: 'broken',
      initial: () => null,
      waitCount: (_state, { version }) => {
        if (version === 2) throw new Error('cannot decide');
        return { value: 1, reason: 'one' };
      },
    };
    b = await bench({ engine: { policy: broken } });
    await b.untilOver(30);
    assert.deepEqual(b.errors.map(String), ['Error: cannot decide']);
    assert.equal(b.commits().length, 2);
  });

  it('ends when a message cannot be sent at all', async () => {
    const unsendable = new Error('no such type of message');
    b = await bench({ spoil: (header) => (header.type === 'assign' ? unsendable : null) });
    await b.clock.advance(1);
    assert.deepEqual(b.errors, [unsendable]);
  });

  it('starts nothing when the server may not listen', async () => {
    const refused = new Error('not allowed');
    await assert.rejects(bench({ subscribe: () => Promise.reject(refused) }), refused);
    b = await bench({});
  });

  it('does not wait for ever for a worker that was promised back and never came', async () => {
    // Worker 1 is lost with a promise; nothing that its next lives say arrives.
    b = await bench({
      policy: 'local-sgd',
      settings: { workers: 2 },
      engine: { maxRounds: 5 },
      drop: (header) => 'worker' in header && header.worker === 1 && header.incarnation > 1,
    });
    await b.clock.advance(1);
    await reply(b, b.live.crash(1));
    await b.untilOver(100);
    assert.equal(b.outcomes[0]?.code, null);
    assert.equal(b.commits().at(-1)?.waitCount, 1);
  });

  it('refuses a worker that the run does not have', async () => {
    b = await bench({});
    await b.clock.advance(1);
    const before = b.steps.length;
    const worker = 5_000_000;
    const fence = { run: 'test', ...localOwner, worker, incarnation: 1 };
    const header = { type: 'join', ...fence, backend: 'wasm' } as const;
    await b.transport.send(serverSubject('test', localOwner.process, worker), { header, tensor: null });
    await b.clock.settle();
    assert.equal(b.steps.length, before);
    assert.deepEqual(b.refused, ['the run has 10 workers']);
  });

  it('is not buried under repetitions by a slow connection', async () => {
    // Tensors leave one by one, each taking longer than it takes until an upload is repeated.
    b = await bench({
      policy: 'local-sgd',
      settings: { workers: 4 },
      engine: { maxRounds: 5 },
      secondsPerTensor: 3,
    });
    await b.untilOver(2000);
    assert.equal(b.outcomes[0]?.reason, '5 rounds');
    // A round is 4 models down and 4 deltas up: 24 s when nothing is sent twice.
    assert.ok(b.clock.now() < 2 * 5 * 24 + 60, `took ${b.clock.now()} s`);
  });

  it('lets a hundred workers that come at once in at its rate, and takes none of those who wait for dead', async () => {
    b = await bench({ settings: { workers: 100 }, joinsPerSecond: 4, engine: { maxRounds: null } });
    const joined = () => b.steps.filter(({ event }) => event.type === 'worker-joined').length;
    await b.clock.settle();
    for (let second = 0; second <= 24; second += 1) {
      assert.equal(joined(), 4 + 4 * second);
      await b.clock.advance(1);
    }
    await b.clock.advance(10);
    assert.deepEqual([b.count('assign') >= 100, b.silent, b.failures], [true, [], []]);
    assert.equal(b.steps.filter(({ effects }) => effects.some(({ type }) => type === 'ignore')).length, 0);
  });

  it('has no more updates on their way than fit, however many workers there are, and serves all', async () => {
    // Of 12 bytes each.
    b = await bench({
      policy: 'k-async',
      settings: { workers: 200, waitCount: 20 },
      maxInboundBytes: 60,
      engine: { maxRounds: 40 },
      secondsPerTensor: 0.01,
    });
    await b.untilOver(2000);
    assert.equal(b.outcomes[0]?.reason, '40 rounds');
    assert.ok(b.mostUpdates() <= 5, `${b.mostUpdates()} updates at a time`);
    const served = new Set(
      b.commits().flatMap(({ contributions }) => contributions.map(({ worker }) => worker)),
    );
    assert.ok(served.size === 200, `${served.size} of 200 workers contributed`);
  });

  it('shares the data of workers that are gone for good out among the others', async () => {
    const compute = createFakeCompute(3, 'at-once');
    const gone: (readonly number[] | undefined)[] = [];
    const { run } = compute;
    compute.run = (task, signal) => {
      gone.push(task.gone);
      return run(task, signal);
    };
    b = await bench({
      policy: 'local-sgd',
      settings: { workers: 3 },
      maxRestarts: 0,
      engine: { maxRounds: 30, repartition: true },
      compute,
    });
    await b.clock.advance(2);
    assert.ok(gone.every((workers) => workers === undefined));
    await reply(b, b.live.crash(1));
    await b.untilOver(300);
    assert.deepEqual(gone.at(-1), [1]);
  });

  it('loses no credit to lost and repeated messages', async () => {
    b = await bench({ faults: { lose: 0.2, repeat: 0.2 }, maxInboundBytes: 30, engine: { maxRounds: 60 } });
    await b.untilOver(2000);
    assert.equal(b.outcomes[0]?.reason, '60 rounds');
  });

  it('tells a worker to drop its work before it sends it the new model', async () => {
    b = await bench({ engine: { maxRounds: 20 } });
    await b.untilOver(200);
    const cancels = b.toWorkers.filter((header) => header.type === 'cancel');
    assert.ok(cancels.length > 0);
    for (const cancel of cancels) {
      const at = b.toWorkers.indexOf(cancel);
      const before = b.toWorkers
        .slice(0, at)
        .filter((header) => 'worker' in header && header.worker === cancel.worker);
      const newest = before.findLast((header) => header.type === 'assign');
      assert.ok(newest?.type === 'assign' && newest.attempt === cancel.attempt);
    }
  });

  it('keeps no deadline of a round that has closed', async () => {
    b = await bench({ engine: { maxRounds: null, roundDeadline: 3600 } });
    await b.clock.advance(1);
    const early = b.clock.pending();
    await b.clock.advance(60);
    assert.ok(
      b.clock.pending() < early + 25,
      `${b.clock.pending()} timers after ${b.commits().length} rounds`,
    );
  });

  it('leaves no timer behind', async () => {
    b = await bench({});
    await b.clock.advance(5);
    await b.close();
    assert.equal(b.clock.pending(), 0);
  });
});

/** Waits for an answer that comes through actors, without time passing. */
async function reply<Answer>(
  { clock }: { clock: { settle(): Promise<void> } },
  answer: Promise<Answer>,
): Promise<Answer> {
  await clock.settle();
  return answer;
}
