/**
 * Whatever happens to an actor, in whatever order: one handler at a time, order kept, incarnations rising, restarts
 * within their limit, and every message accounted for. Random programs of messages, crashes, stops and time; the
 * checks read only what an outsider sees.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ActorContext, ActorRef, Behaviour, RestartPolicy } from '../../actors/supervision.js';
import { createActorHarness, type ActorHarness } from '../support/actor-harness.js';

/** What a handler does with the message. */
const work = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'note' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 8 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('throw' as const), seconds: fc.integer({ min: 0, max: 3 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('later' as const), seconds: fc.integer({ min: 0, max: 8 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('pipe' as const), seconds: fc.integer({ min: 0, max: 8 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'stop' as const }) },
);
type Work = typeof work extends fc.Arbitrary<infer T> ? T : never;

/** What the outside does. Two refs: one kept from the first spawn of the name, one to its present holder. */
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('tell' as const), sender: fc.nat(2), work }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('advance' as const), seconds: fc.integer({ min: 0, max: 6 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'crash' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'settle' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'respawn' as const }) },
);

const policy: fc.Arbitrary<RestartPolicy> = fc
  .record({
    maxRestarts: fc.nat(4),
    windowSeconds: fc.integer({ min: 1, max: 20 }),
    initialSeconds: fc.integer({ min: 0, max: 4 }),
    factor: fc.integer({ min: 1, max: 3 }),
    jitter: fc.constantFrom(0, 0.5, 1),
  })
  .map(({ maxRestarts, windowSeconds, initialSeconds, factor, jitter }) => ({
    maxRestarts,
    windowSeconds,
    backoff: { initialSeconds, maxSeconds: initialSeconds * 4, factor, jitter },
    random: () => 0.5,
  }));

interface Message {
  readonly id: number;
  readonly sender: string;
  readonly work: Work;
}

interface Start {
  readonly generation: number;
  readonly incarnation: number;
  readonly time: number;
}

/** Everything seen during a run. */
interface Record {
  readonly told: Message[];
  readonly handled: {
    readonly message: Message;
    readonly generation: number;
    readonly incarnation: number;
  }[];
  readonly starts: Start[];
  mostAtOnce: number;
}

class Program {
  readonly record: Record = { told: [], handled: [], starts: [], mostAtOnce: 0 };
  readonly #harness: ActorHarness;
  readonly #policy: RestartPolicy;
  #running = 0;
  #generation = 0;
  #refs: ActorRef<Message>[] = [];

  constructor(harness: ActorHarness, restart: RestartPolicy) {
    this.#harness = harness;
    this.#policy = restart;
    this.#spawn();
  }

  async act(step: typeof action extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
    const { clock } = this.#harness;
    switch (step.type) {
      case 'tell':
        // Sender 0 keeps the oldest reference, which goes stale.
        (step.sender === 0 ? this.#refs[0] : this.#refs.at(-1))?.tell(
          this.#message(`s${step.sender}`, step.work),
        );
        break;
      case 'advance':
        await clock.advance(step.seconds);
        break;
      case 'settle':
        await clock.settle();
        break;
      case 'crash':
        this.#refs.at(-1)?.crash(new Error('from outside'));
        break;
      case 'respawn': {
        const present = this.#refs.at(-1);
        const stopped = present?.stop();
        await clock.advance(20);
        await stopped;
        this.#spawn();
      }
    }
  }

  #message(sender: string, what: Work): Message {
    const message = { id: this.record.told.length, sender, work: what };
    this.record.told.push(message);
    return message;
  }

  #spawn(): void {
    const generation = ++this.#generation;
    this.#refs.push(
      this.#harness.system.spawn<Message>({
        name: 'actor',
        restart: this.#policy,
        start: (context) => this.#start(generation, context),
        onGivenUp: () => undefined,
      }),
    );
  }

  #start(generation: number, context: ActorContext<Message>): Behaviour<Message> {
    const { incarnation } = context;
    this.record.starts.push({ generation, incarnation, time: context.now() });
    return {
      receive: async (message) => {
        this.record.handled.push({ message, generation, incarnation });
        this.record.mostAtOnce = Math.max(this.record.mostAtOnce, ++this.#running);
        try {
          await this.#work(message.work, context);
        } finally {
          this.#running--;
        }
      },
    };
  }

  /** Waits by the clock itself, which goes on when the incarnation has ended: a handler that heeds no signal. */
  #wait(seconds: number): Promise<void> {
    return new Promise((resolve) => void this.#harness.clock.after(seconds, resolve));
  }

  async #work(what: Work, context: ActorContext<Message>): Promise<void> {
    switch (what.type) {
      case 'note':
        return;
      case 'wait':
        return this.#wait(what.seconds);
      case 'throw':
        if (what.seconds > 0) await this.#wait(what.seconds);
        throw new Error('asked to');
      case 'later':
        context.after(what.seconds, this.#message('timer', { type: 'note' }));
        return;
      case 'pipe':
        context.pipe(
          this.#wait(what.seconds).then(() => Promise.reject(new Error('computed in vain'))),
          () => assert.fail('it rejects'),
          () => this.#message('promise', { type: 'note' }),
        );
        return;
      case 'stop':
        context.stop();
    }
  }
}

describe('supervision: properties', () => {
  it('holds its invariants in every order of messages, crashes, stops and time', async () => {
    const seen = { restarts: 0, givenUp: 0, dead: new Set<string>() };
    await fc.assert(
      fc.asyncProperty(policy, fc.array(action, { maxLength: 40, size: 'max' }), async (restart, steps) => {
        const harness = createActorHarness();
        const { clock, system, failures, deadLetters } = harness;
        const program = new Program(harness, restart);
        for (const step of steps) await program.act(step);
        const stopped = system.stop();
        await clock.advance(1000);
        await stopped;
        const { told, handled, starts, mostAtOnce } = program.record;

        assert.ok(mostAtOnce <= 1, `${mostAtOnce} handlers ran at once`);
        checkOrder(handled);
        checkIncarnations(starts);
        checkRestartLimit(starts, restart);
        const fates = [
          ...handled.map(({ message }) => message),
          ...deadLetters.map(({ message }) => message),
        ];
        checkFates(told, fates as Message[]);
        const counts = system.counts();
        assert.equal(counts.told, counts.handled + counts.deadLetters);
        assert.equal(counts.handled, handled.length);
        assert.equal(clock.pending(), 0);

        seen.restarts += starts.filter(({ incarnation }) => incarnation > 1).length;
        seen.givenUp += failures.filter((failure) => failure.action === 'given-up').length;
        for (const { reason } of deadLetters) seen.dead.add(reason);
      }),
      { numRuns: 300 },
    );
    // The programs did reach what the checks are about.
    assert.ok(seen.restarts > 10 && seen.givenUp > 10, JSON.stringify(seen));
    assert.deepEqual([...seen.dead].sort(), ['between-incarnations', 'ended', 'stale-self', 'stopped']);
  });

  it('its checks see what they are to see', () => {
    const note = (id: number, sender: string): Message => ({ id, sender, work: { type: 'note' } });
    const handledBy = (message: Message) => ({ message, generation: 1, incarnation: 1 });
    assert.throws(() => checkOrder([note(2, 's1'), note(1, 's1')].map(handledBy)), /out of order/);
    checkOrder([note(2, 's1'), note(1, 's2')].map(handledBy));
    assert.throws(
      () => checkIncarnations([1, 1].map((incarnation) => ({ generation: 1, incarnation, time: 0 }))),
      /incarnation 1 started again/,
    );
    assert.throws(() => checkFates([note(1, 's1')], []), /neither handled/);
    assert.throws(() => checkFates([note(1, 's1')], [note(1, 's1'), note(1, 's1')]), /twice/);
    const limit = {
      maxRestarts: 1,
      windowSeconds: 10,
      backoff: { initialSeconds: 0, maxSeconds: 0, factor: 1, jitter: 0 },
    };
    const startsAt = (times: number[]) =>
      times.map((time, index) => ({ generation: 1, incarnation: index + 1, time }));
    assert.throws(() => checkRestartLimit(startsAt([0, 5, 14]), { ...limit, random: () => 0 }), /restarts/);
    checkRestartLimit(startsAt([0, 5, 15]), { ...limit, random: () => 0 });
  });
});

/**
 * Each message has at most one fate, and those told from outside have one. A timer may have been cancelled, and the
 * dead letter of a promise that settled after the end of the system is counted, but no longer told.
 */
function checkFates(told: readonly Message[], fates: readonly Message[]): void {
  const ids = new Set(fates.map(({ id }) => id));
  assert.equal(ids.size, fates.length, 'a message was handled or dead twice');
  const lost = told.filter(({ id, sender }) => sender.startsWith('s') && !ids.has(id));
  assert.deepEqual(lost, [], 'a message was neither handled nor a dead letter');
}

/** Messages of one sender, told in the order of their ids, are handled in that order. */
function checkOrder(handled: Record['handled']): void {
  const last = new Map<string, number>();
  for (const { message } of handled) {
    if (message.sender === 'timer') continue;
    assert.ok(message.id > (last.get(message.sender) ?? -1), `${message.sender}: ${message.id} out of order`);
    last.set(message.sender, message.id);
  }
}

/** Numbers rise from 1, for each actor that had the name. One that crashes before its start has run leaves a gap. */
function checkIncarnations(starts: readonly Start[]): void {
  const last = new Map<number, number>();
  for (const { generation, incarnation } of starts) {
    assert.ok(incarnation > (last.get(generation) ?? 0), `incarnation ${incarnation} started again`);
    last.set(generation, incarnation);
  }
}

/** In no window (time − windowSeconds, time] are there more restarts than allowed. */
function checkRestartLimit(starts: readonly Start[], { maxRestarts, windowSeconds }: RestartPolicy): void {
  const restarts = starts.filter(({ incarnation }) => incarnation > 1);
  for (const { generation, time } of restarts) {
    const within = restarts.filter(
      (other) => other.generation === generation && other.time <= time && other.time > time - windowSeconds,
    );
    assert.ok(within.length <= maxRestarts, `${within.length} restarts within ${windowSeconds} s`);
  }
}
