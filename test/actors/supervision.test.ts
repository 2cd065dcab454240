import assert from 'node:assert/strict';
import { AskError, type ActorContext, type ActorRef, type Recipient } from '../../actors/supervision.js';
import { createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';

describe('supervision: messages', () => {
  it('handles one message at a time and in order, also when handlers wait', async () => {
    const { clock, system } = createActorHarness();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<string>({
      name: 'slow',
      start: () => ({
        async receive(message) {
          log.push(`${message} begins`);
          if (message === 'a') await gate.promise;
          log.push(`${message} ends`);
        },
      }),
    });
    ref.tell('a');
    ref.tell('b');
    await clock.settle();
    assert.deepEqual(log, ['a begins']);
    gate.resolve();
    await clock.settle();
    assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it('never handles a message inside tell', async () => {
    const { clock, system } = createActorHarness();
    let handled = 0;
    const ref = system.spawn<null>({ name: 'a', start: () => ({ receive: () => void handled++ }) });
    ref.tell(null);
    assert.equal(handled, 0);
    await clock.settle();
    assert.equal(handled, 1);
  });

  it('keeps messages that are told while start is still waiting', async () => {
    const { clock, system } = createActorHarness();
    const opened = deferred<string>();
    const log: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      start: async () => {
        const prefix = await opened.promise;
        return { receive: (message) => void log.push(prefix + message) };
      },
    });
    ref.tell('1');
    await clock.settle();
    opened.resolve('opened ');
    await clock.settle();
    assert.deepEqual(log, ['opened 1']);
  });

  it('counts what is told, handled and dead', async () => {
    const { clock, system } = createActorHarness();
    const ref = system.spawn<number>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive(message) {
          if (message === 2) throw new Error('two');
        },
      }),
    });
    for (const message of [1, 2, 3, 4]) ref.tell(message);
    await clock.settle();
    assert.deepEqual(system.counts(), { told: 4, handled: 2, deadLetters: 2 });
  });
});

describe('supervision: names', () => {
  it('refuses a name that a living sibling has, and gives it out again afterwards', async () => {
    const { system } = createActorHarness();
    const spec = { name: 'a', start: () => ({ receive: () => undefined }) };
    const first = system.spawn(spec);
    assert.throws(() => system.spawn(spec), /an actor named "a" already lives under the system/);
    await first.stop();
    assert.equal(system.spawn(spec).path, 'a');
  });

  it('refuses a name that would not be one step of a path', () => {
    const { system } = createActorHarness();
    for (const name of ['', 'a.b', 'a b', 'ü']) {
      assert.throws(() => system.spawn({ name, start: () => ({ receive: () => undefined }) }), /actor name/);
    }
  });

  it('keeps systems of one name apart', async () => {
    const [one, other] = [createActorHarness(), createActorHarness()];
    const log: string[] = [];
    const spawnIn = (harness: typeof one, label: string): ActorRef<null> =>
      harness.system.spawn({ name: 'a', start: () => ({ receive: () => void log.push(label) }) });
    const ref = spawnIn(one, 'one');
    spawnIn(other, 'other');
    ref.tell(null);
    await one.clock.settle();
    assert.deepEqual(log, ['one']);
  });
});

describe('supervision: incarnations', () => {
  it('starts each incarnation with fresh state and the next number', async () => {
    const { clock, system } = createActorHarness();
    const seen: string[] = [];
    const ref = system.spawn<string>({
      name: 'counter',
      restart: restartAfter(1),
      firstIncarnation: 5,
      start: ({ incarnation }) => {
        let count = 0;
        return {
          receive(message) {
            seen.push(`${incarnation}: ${++count}`);
            if (message === 'crash') throw new Error('asked to');
          },
        };
      },
    });
    ref.tell('count');
    ref.tell('crash');
    await clock.advance(1);
    ref.tell('count');
    await clock.settle();
    assert.deepEqual(seen, ['5: 1', '5: 2', '6: 1']);
    assert.equal(ref.incarnation(), 6);
  });

  it('drops what waited for the incarnation that crashed, and what comes before the next: dead letters', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const handled: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive(message) {
          handled.push(message);
          if (message === 'crash') throw new Error('asked to');
        },
      }),
    });
    ref.tell('crash');
    ref.tell('waits');
    await clock.settle();
    ref.tell('between');
    await clock.advance(1);
    ref.tell('after');
    await clock.settle();
    assert.deepEqual(handled, ['crash', 'after']);
    assert.deepEqual(deadLetters, [
      { to: 'a', message: 'waits', reason: 'ended' },
      { to: 'a', message: 'between', reason: 'between-incarnations' },
    ]);
  });

  it('fences what a dead incarnation tells itself', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const compute = deferred<string>();
    const received: string[] = [];
    const selves: Recipient<string>[] = [];
    const ref = system.spawn<string>({
      name: 'worker',
      restart: restartAfter(1),
      start: ({ self, incarnation, pipe }) => {
        selves.push(self);
        if (incarnation === 1)
          pipe(
            compute.promise,
            (value) => value,
            () => 'failed',
          );
        return { receive: (message) => void received.push(`${incarnation}: ${message}`) };
      },
    });
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.advance(1);
    assert.equal(ref.incarnation(), 2);
    compute.resolve('delta of the first life');
    selves[0]?.tell('from the first life');
    selves[1]?.tell('from the second life');
    await clock.settle();
    assert.deepEqual(received, ['2: from the second life']);
    assert.deepEqual(deadLetters.map(({ message, reason }) => `${String(message)}: ${reason}`).sort(), [
      'delta of the first life: stale-self',
      'from the first life: stale-self',
    ]);
  });

  it('lets the running handler end, then the children, then stopped, before the next incarnation starts', async () => {
    const { clock, system } = createActorHarness();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(0),
      start: ({ spawn, incarnation, signal }) => {
        log.push(`start ${incarnation}`);
        spawn<null>({
          name: 'child',
          start: () => ({
            receive: () => undefined,
            stopped: ({ type }) => void log.push(`child ${incarnation} ${type}`),
          }),
        });
        return {
          async receive() {
            await gate.promise;
            log.push(`handler of ${incarnation} ends, aborted: ${signal.aborted}`);
          },
          stopped: (reason) => void log.push(`stopped ${incarnation} ${reason.type}`),
        };
      },
    });
    ref.tell(null);
    await clock.settle();
    assert.equal(ref.crash(new Error('asked to')), true);
    assert.equal(ref.crash(new Error('again')), false);
    await clock.advance(10);
    assert.deepEqual(log, ['start 1']);
    gate.resolve();
    await clock.advance(0);
    assert.deepEqual(log, [
      'start 1',
      'handler of 1 ends, aborted: true',
      'child 1 stopped',
      'stopped 1 crashed',
      'start 2',
    ]);
  });

  it('takes a start that throws for a crash, with backoff', async () => {
    const { clock, system, failures } = createActorHarness();
    const handled: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      restart: restartAfter(2),
      start: ({ incarnation }) => {
        if (incarnation < 3) throw new Error(`no luck ${incarnation}`);
        return { receive: (message) => void handled.push(message) };
      },
    });
    await clock.advance(4);
    ref.tell('at last');
    await clock.settle();
    assert.deepEqual(
      failures.map(({ time, incarnation, action }) => ({ time, incarnation, action })),
      [
        { time: 0, incarnation: 1, action: 'restarting' },
        { time: 2, incarnation: 2, action: 'restarting' },
      ],
    );
    assert.deepEqual(handled, ['at last']);
  });

  it('reports an error of the last handler or of stopped, and goes on', async () => {
    const { clock, system, failures } = createActorHarness();
    const gate = deferred();
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive: () => gate.promise,
        stopped: () => Promise.reject(new Error('in stopped')),
      }),
    });
    ref.tell(null);
    await clock.settle();
    const stopped = ref.stop();
    gate.reject(new Error('in the last handler'));
    await stopped;
    assert.deepEqual(
      failures.map(({ action, error }) => `${action}: ${String(error)}`),
      ['already-ended: Error: in the last handler', 'already-ended: Error: in stopped'],
    );
    assert.deepEqual(await ref.terminated, { type: 'stopped' });
  });
});

describe('supervision: ask', () => {
  interface Question {
    readonly double: number;
    readonly reply: (answer: number) => void;
  }
  const spawnDoubler = (
    { system }: ReturnType<typeof createActorHarness>,
    answer: (question: Question) => void,
  ): ActorRef<Question> =>
    system.spawn({ name: 'doubler', restart: restartAfter(1), start: () => ({ receive: answer }) });

  const failsWith = (reason: AskError['reason']) => (error: unknown) =>
    error instanceof AskError && error.reason === reason && error.path === 'doubler';

  it('resolves with the first answer and leaves no timer behind', async () => {
    const harness = createActorHarness();
    const ref = spawnDoubler(harness, ({ double, reply }) => {
      reply(2 * double);
      reply(3 * double);
    });
    assert.equal(await ref.ask<number>((reply) => ({ double: 21, reply }), 1), 42);
    assert.equal(harness.clock.pending(), 0);
  });

  it('rejects when the time is up, and ignores the late answer', async () => {
    const harness = createActorHarness();
    const questions: Question[] = [];
    const ref = spawnDoubler(harness, (question) => void questions.push(question));
    const answer = assert.rejects(
      ref.ask<number>((reply) => ({ double: 1, reply }), 5),
      failsWith('timeout'),
    );
    await harness.clock.advance(5);
    await answer;
    questions[0]?.reply(2);
    assert.equal(harness.clock.pending(), 0);
  });

  it('rejects at once when the handler crashes before it answers', async () => {
    const harness = createActorHarness();
    const ref = spawnDoubler(harness, () => {
      throw new Error('cannot count');
    });
    await assert.rejects(
      ref.ask<number>((reply) => ({ double: 1, reply }), 5),
      failsWith('ended'),
    );
    assert.equal(harness.clock.now(), 0);
  });

  it('rejects at once when nobody is there', async () => {
    const harness = createActorHarness();
    const ref = spawnDoubler(harness, () => undefined);
    await ref.stop();
    await assert.rejects(
      ref.ask<number>((reply) => ({ double: 1, reply }), 5),
      failsWith('dead-letter'),
    );
    assert.equal(harness.clock.pending(), 0);
  });
});

describe('supervision: timers', () => {
  /** Runs `act` in a fresh actor and gives back what it is told, with the time. */
  function spawnTimed(act: (context: ActorContext<string>) => void) {
    const harness = createActorHarness();
    const told: string[] = [];
    const ref = harness.system.spawn<string>({
      name: 'a',
      restart: restartAfter(100),
      start: (context) => {
        if (context.incarnation === 1) act(context);
        return { receive: (message) => void told.push(`${message} at ${context.now()}`) };
      },
    });
    return { ...harness, ref, told };
  }

  it('tells a message after a while, unless cancelled', async () => {
    const { clock, told } = spawnTimed(({ after }) => {
      after(2, 'kept');
      after(1, 'cancelled')();
    });
    await clock.advance(3);
    assert.deepEqual(told, ['kept at 2']);
  });

  it('tells a message again and again until cancelled', async () => {
    const { clock, system } = createActorHarness();
    const times: number[] = [];
    system.spawn<null>({
      name: 'a',
      start: ({ every, now }) => {
        const cancel = every(1, null);
        return {
          receive() {
            if (times.push(now()) === 3) cancel();
          },
        };
      },
    });
    await clock.advance(10);
    assert.deepEqual(times, [1, 2, 3]);
    assert.equal(clock.pending(), 0);
  });

  it('leaves out ticks while one still waits in the mailbox', async () => {
    const { clock, system } = createActorHarness();
    const gate = deferred();
    let ticks = 0;
    const ref = system.spawn<'tick' | 'block'>({
      name: 'busy',
      start: ({ every }) => {
        every(1, 'tick');
        return { receive: (message) => (message === 'tick' ? void ticks++ : gate.promise) };
      },
    });
    ref.tell('block');
    await clock.advance(10.5);
    gate.resolve();
    await clock.settle();
    assert.equal(ticks, 1);
    await clock.advance(1);
    assert.equal(ticks, 2);
  });

  it('cancels all timers when the incarnation ends', async () => {
    const { clock, ref, told } = spawnTimed(({ after, every }) => {
      after(5, 'once');
      every(5, 'tick');
    });
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.settle();
    assert.equal(clock.pending(), 1, 'the backoff only');
    await clock.advance(200);
    assert.deepEqual(told, []);
  });

  it('refuses a period of 0, which would stop time', async () => {
    const { clock, failures } = spawnTimed(({ every }) => void every(0, 'tick'));
    await clock.settle();
    assert.match(String(failures[0]?.error), /period must be more than 0/);
  });
});

describe('supervision: promises', () => {
  it('tells the outcome, resolved or rejected, without holding up the mailbox', async () => {
    const { clock, system } = createActorHarness();
    const [good, bad] = [deferred<number>(), deferred<number>()];
    const told: string[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      start: ({ pipe }) => {
        for (const { promise } of [good, bad]) {
          pipe(
            promise,
            (value) => `value ${value}`,
            (error) => String(error),
          );
        }
        return { receive: (message) => void told.push(message) };
      },
    });
    ref.tell('meanwhile');
    await clock.settle();
    good.resolve(7);
    bad.reject(new Error('no'));
    await clock.settle();
    assert.deepEqual(told, ['meanwhile', 'value 7', 'Error: no']);
  });

  it('crashes the actor if the outcome cannot be made into a message', async () => {
    const { clock, system, failures } = createActorHarness();
    system.spawn<string>({
      name: 'a',
      restart: restartAfter(1),
      start: ({ pipe, incarnation }) => {
        const unmakeable = (): string => {
          throw new Error('no message');
        };
        if (incarnation === 1) pipe(Promise.resolve(), unmakeable, unmakeable);
        return { receive: () => undefined };
      },
    });
    await clock.settle();
    assert.deepEqual(
      failures.map(({ action, error }) => `${action}: ${String(error)}`),
      ['restarting: Error: no message'],
    );
  });
});

describe('supervision: stopping', () => {
  it('resolves when the running handler has ended and stopped has run; what waits becomes dead letters', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const log: string[] = [];
    const gate = deferred();
    const ref = system.spawn<string>({
      name: 'a',
      start: () => ({
        async receive() {
          await gate.promise;
          log.push('handler ended');
        },
        stopped: (reason) => void log.push(`hook: ${reason.type}`),
      }),
    });
    ref.tell('running');
    ref.tell('waiting');
    await clock.settle();
    const stopped = ref.stop().then(() => log.push('stop resolved'));
    ref.tell('late');
    await clock.settle();
    assert.deepEqual(log, []);
    gate.resolve();
    await stopped;
    assert.deepEqual(log, ['handler ended', 'hook: stopped', 'stop resolved']);
    assert.deepEqual(
      deadLetters.map(({ message, reason }) => `${String(message)}: ${reason}`),
      ['late: stopped', 'waiting: ended'],
    );
    await ref.stop();
  });

  it('ends an actor that asks for it itself', async () => {
    const { system } = createActorHarness();
    const ref = system.spawn<null>({
      name: 'a',
      start: ({ stop }) => ({ receive: () => stop() }),
    });
    ref.tell(null);
    assert.deepEqual(await ref.terminated, { type: 'stopped' });
  });

  it('ends an actor during its backoff: it does not come back', async () => {
    const { clock, system } = createActorHarness();
    let starts = 0;
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(5),
      start: () => {
        starts++;
        return { receive: () => undefined };
      },
    });
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.advance(1);
    await ref.stop();
    await clock.advance(10);
    assert.equal(starts, 1);
    assert.equal(clock.pending(), 0);
  });

  it('ends an actor that crashed but whose handler still runs: it does not come back', async () => {
    const { clock, system } = createActorHarness();
    const gate = deferred();
    let starts = 0;
    const ref = system.spawn<null>({
      name: 'a',
      restart: restartAfter(0),
      start: () => {
        starts++;
        return { receive: () => gate.promise };
      },
    });
    ref.tell(null);
    await clock.settle();
    ref.crash(new Error('asked to'));
    const stopped = ref.stop();
    gate.resolve();
    await stopped;
    await clock.advance(10);
    assert.equal(starts, 1);
  });

  it('runs stopped also when the actor is ended while start is still waiting, so that nothing stays open', async () => {
    const { clock, system } = createActorHarness();
    const opening = deferred();
    let open = 0;
    const ref = system.spawn<null>({
      name: 'a',
      start: async () => {
        await opening.promise;
        open++;
        return { receive: () => undefined, stopped: () => void open-- };
      },
    });
    await clock.settle();
    const stopped = ref.stop();
    opening.resolve();
    await stopped;
    assert.equal(open, 0);
  });

  it('stops the whole system: all handlers ended, no timer pending, no new actor', async () => {
    const { clock, system } = createActorHarness();
    const gate = deferred();
    let handlers = 0;
    for (const name of ['a', 'b', 'c']) {
      const ref = system.spawn<null>({
        name,
        restart: restartAfter(5),
        start: ({ every, after }) => {
          every(1, null);
          after(100, null);
          return {
            async receive() {
              handlers++;
              await gate.promise;
              handlers--;
            },
          };
        },
      });
      ref.tell(null);
      if (name === 'c') ref.crash(new Error('asked to'));
    }
    await clock.advance(2);
    let done = false;
    const stopped = system.stop().then(() => {
      done = true;
    });
    assert.throws(
      () => system.spawn({ name: 'd', start: () => ({ receive: () => undefined }) }),
      /actor system "actors" is stopped/,
    );
    await clock.settle();
    assert.equal(done, false);
    assert.equal(handlers, 2);
    gate.resolve();
    await stopped;
    assert.equal(handlers, 0);
    assert.equal(clock.pending(), 0);
    assert.deepEqual(await system.terminated, { type: 'stopped' });
    await system.stop();
  });
});
