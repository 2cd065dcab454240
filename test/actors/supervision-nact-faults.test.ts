/**
 * nact 7.6.2 has faults that would break the promises of this project. Each test shows one of them, so that we notice
 * when a later nact mends it, and then that an actor of ours in the same situation is not hit.
 */
import assert from 'node:assert/strict';
import { spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import nact from 'nact';
import type { ActorRef, Recipient } from '../../actors/supervision.js';
import { createActorHarness, deferred, restartAfter } from '../support/actor-harness.js';
import { createVirtualClock } from '../support/virtual-clock.js';

/** For nact itself, which has no clock. */
const settle = () => createVirtualClock().settle();

/** Counts how many of the sections between `enter` and `leave` overlap. */
function overlapMeter() {
  let running = 0;
  const meter = {
    most: 0,
    enter: () => void (meter.most = Math.max(meter.most, ++running)),
    leave: () => void running--,
  };
  return meter;
}

describe('nact faults: concurrent handlers', () => {
  it('nact: resetting a busy actor runs two handlers at once', async () => {
    const meter = overlapMeter();
    const gate = deferred();
    const parent = nact.spawn(
      nact.start(),
      async (_: undefined, message: string, { children }) => {
        for (const child of children.values()) nact.dispatch(child, message);
        if (message === 'crash') throw new Error('reset my children');
      },
      'parent',
      { onCrash: (_message, _error, context) => context.resetAllChildren },
    );
    // resetAllChildren leaves the parent itself stuck; only the child matters here.
    nact.spawn(
      parent,
      async () => {
        meter.enter();
        await gate.promise;
        meter.leave();
      },
      'child',
    );
    for (const message of ['a', 'b', 'crash']) nact.dispatch(parent, message);
    await settle();
    assert.equal(meter.most, 2);
    gate.resolve();
    await settle();
  });

  it('ours: a crash from outside waits for the running handler, however short the backoff', async () => {
    const { clock, system } = createActorHarness();
    const meter = overlapMeter();
    const gate = deferred();
    const incarnations: number[] = [];
    const ref = system.spawn<string>({
      name: 'busy',
      restart: restartAfter(0),
      start: ({ incarnation }) => ({
        async receive() {
          meter.enter();
          incarnations.push(incarnation);
          await gate.promise;
          meter.leave();
        },
      }),
    });
    ref.tell('a');
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.advance(1);
    assert.equal(ref.incarnation(), 1);
    gate.resolve();
    await clock.advance(1);
    ref.tell('b');
    await clock.settle();
    assert.deepEqual(incarnations, [1, 2]);
    assert.equal(meter.most, 1);
  });
});

describe('nact faults: escalation', () => {
  it('nact: a parent that answers an escalation with reset resets itself, not the child', async () => {
    let parentStates = 0;
    let childStates = 0;
    const parent = nact.spawn(nact.start(), () => undefined, 'parent', {
      initialStateFunc: () => void parentStates++,
      onCrash: (_message, _error, context) => context.reset,
    });
    const child = nact.spawn(
      parent,
      (): undefined => {
        throw new Error('escalate me');
      },
      'child',
      {
        initialStateFunc: () => void childStates++,
        onCrash: (_message, _error, context) => context.escalate,
      },
    );
    nact.dispatch(child, 'crash');
    await settle();
    assert.deepEqual({ parentStates, childStates }, { parentStates: 2, childStates: 1 });
  });

  it('ours: the child is restarted and the parent keeps its state', async () => {
    const { clock, system } = createActorHarness();
    const starts = { parent: 0, child: 0 };
    const parent = system.spawn<string>({
      name: 'parent',
      restart: restartAfter(1),
      start: ({ spawn }) => {
        starts.parent++;
        const child = spawn<string>({
          name: 'child',
          restart: restartAfter(1),
          start: () => {
            starts.child++;
            return {
              receive() {
                throw new Error('asked to');
              },
            };
          },
        });
        return { receive: (message) => child.tell(message) };
      },
    });
    parent.tell('crash');
    await clock.advance(1);
    assert.deepEqual(starts, { parent: 1, child: 2 });
  });
});

describe('nact faults: errors that end the process', () => {
  /** Runs a module in a Node process of its own; gives back its exit code and what it wrote. */
  async function runModule(source: string): Promise<{ code: number | null; output: string }> {
    const child = spawnProcess(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  const nactModule = `
    import nact from ${JSON.stringify(import.meta.resolve('nact'))};
    const system = nact.start();
  `;
  const ourModule = `
    import { createActorSystem } from ${JSON.stringify(import.meta.resolve('../../actors/supervision.js'))};
    import { createVirtualClock } from ${JSON.stringify(import.meta.resolve('../support/virtual-clock.js'))};
    const clock = createVirtualClock();
    const system = createActorSystem({ clock });
    system.failures$.subscribe(({ action, error }) => console.log(action, error.message));
  `;

  it('nact: an actor stopped during a handler that later rejects kills the process', async () => {
    const { code, output } = await runModule(`${nactModule}
      const ref = nact.spawn(system, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('late');
      }, 'a', { onCrash: (message, error, context) => context.escalate });
      nact.dispatch(ref, 'work');
      setImmediate(() => nact.stop(ref));
    `);
    assert.equal(code, 1);
    assert.match(output, /reading 'handleFault'/);
  });

  it('ours: the late error is told, and the actor is stopped', async () => {
    const { code, output } = await runModule(`${ourModule}
      let running;
      const started = new Promise((resolve) => { running = resolve; });
      let fail;
      const ref = system.spawn({ name: 'a', start: () => ({
        receive: () => { running(); return new Promise((_, reject) => { fail = reject; }); },
      }) });
      ref.tell('work');
      await started;
      const stopped = ref.stop();
      fail(new Error('late'));
      await stopped;
      console.log((await ref.terminated).type);
    `);
    assert.equal(output, 'already-ended late\nstopped\n');
    assert.equal(code, 0);
  });

  it('nact: an onCrash that throws kills the process', async () => {
    const { code, output } = await runModule(`${nactModule}
      const ref = nact.spawn(system, () => { throw new Error('first'); }, 'a', {
        onCrash: () => { throw new Error('second'); },
      });
      nact.dispatch(ref, 'work');
    `);
    assert.equal(code, 1);
    assert.match(output, /second/);
  });

  it('ours: an onGivenUp that throws is told, and escalates', async () => {
    const { code, output } = await runModule(`${ourModule}
      const ref = system.spawn({
        name: 'a',
        start: () => ({ receive: () => { throw new Error('first'); } }),
        onGivenUp: () => { throw new Error('second'); },
      });
      ref.tell('work');
      console.log((await system.terminated).type);
    `);
    assert.equal(output, 'given-up first\nalready-ended second\ngiven-up\n');
    assert.equal(code, 0);
  });
});

describe('nact faults: queries', () => {
  /** Lets every temporary reference of nact draw the same id, as 50,000 of them do by chance once in four runs. */
  async function withCollidingIds<Result>(run: () => Promise<Result>): Promise<Result> {
    const { random } = Math;
    Math.random = () => 0.5;
    try {
      return await run();
    } finally {
      Math.random = random;
    }
  }

  it('nact: of two queries with the same id, one gets the answer of the other', async () => {
    interface Question {
      readonly value: number;
      readonly from: object;
    }
    const ref = nact.spawn(
      nact.start(),
      (_: undefined, { value, from }: Question) => nact.dispatch(from, value),
      'echo',
    );
    const ask = (value: number) => nact.query(ref, (from: object) => ({ value, from }), 1000);
    const answers = await withCollidingIds(async () => {
      const both = [ask(1), ask(2)];
      return Promise.race(both.map((answer, index) => answer.then((value) => [index + 1, value])));
    });
    assert.deepEqual(answers, [2, 1]);
  });

  it('ours: each of 50,000 open asks gets its own answer', async () => {
    const { clock, system } = createActorHarness();
    interface Question {
      readonly value: number;
      readonly reply: (value: number) => void;
    }
    const open: Question[] = [];
    const ref = system.spawn<Question>({
      name: 'echo',
      start: () => ({ receive: (question) => void open.push(question) }),
    });
    const values = Array.from({ length: 50_000 }, (_, index) => index);
    const answers = withCollidingIds(() =>
      Promise.all(values.map((value) => ref.ask<number>((reply) => ({ value, reply }), 60))),
    );
    await clock.settle();
    for (const { value, reply } of open.reverse()) reply(value);
    assert.deepEqual(await answers, values);
  });
});

describe('nact faults: silence', () => {
  it('nact: spawnStateless ignores onCrash and swallows the error', async () => {
    let crashes = 0;
    const handled: number[] = [];
    const ref = nact.spawnStateless(
      nact.start(),
      (message: number) => {
        handled.push(message);
        throw new Error('unheard');
      },
      'stateless',
      {
        onCrash: (_message, _error, context) => {
          crashes++;
          return context.stop;
        },
      },
    );
    for (const message of [1, 2]) nact.dispatch(ref, message);
    await settle();
    assert.deepEqual({ crashes, handled }, { crashes: 0, handled: [1, 2] });
  });

  it('ours: every error of every actor is told', async () => {
    const { clock, system, failures } = createActorHarness();
    const ref = system.spawn<number>({
      name: 'a',
      restart: restartAfter(1),
      start: () => ({
        receive(message) {
          throw new Error(`heard ${message}`);
        },
      }),
    });
    ref.tell(1);
    await clock.advance(1);
    ref.tell(2);
    await clock.advance(1);
    assert.deepEqual(
      failures.map(({ error }) => String(error)),
      ['Error: heard 1', 'Error: heard 2'],
    );
  });

  it('nact: what is sent to a stopped actor, and what waits in its mailbox, vanishes', async () => {
    const handled: number[] = [];
    const ref = nact.spawn(nact.start(), (_: undefined, message: number) => void handled.push(message), 'a');
    for (const message of [1, 2]) nact.dispatch(ref, message);
    nact.stop(ref);
    nact.dispatch(ref, 3);
    await settle();
    assert.deepEqual(handled, []);
  });

  it('ours: each of them is a dead letter', async () => {
    const { system, deadLetters } = createActorHarness();
    const ref = system.spawn<number>({ name: 'a', start: () => ({ receive: () => assert.fail('handled') }) });
    for (const message of [1, 2]) ref.tell(message);
    const stopped = ref.stop();
    ref.tell(3);
    await stopped;
    ref.tell(4);
    assert.deepEqual(
      deadLetters.map(({ message, reason }) => `${String(message)} ${reason}`),
      ['3 stopped', '1 ended', '2 ended', '4 stopped'],
    );
    assert.equal(system.counts().deadLetters, 4);
  });
});

describe('nact faults: names', () => {
  it('nact: a stale reference reaches a new actor of the same name', async () => {
    const handled: string[] = [];
    const system = nact.start();
    const stale = nact.spawn(system, () => assert.fail('the old one is stopped'), 'a');
    nact.stop(stale);
    nact.spawn(system, (_: undefined, message: string) => void handled.push(message), 'a');
    nact.dispatch(stale, 'for the old one');
    await settle();
    assert.deepEqual(handled, ['for the old one']);
  });

  it('ours: a reference belongs to one actor for ever', async () => {
    const { clock, system, deadLetters } = createActorHarness();
    const handled: string[] = [];
    const spec = { name: 'a', start: () => ({ receive: (message: string) => void handled.push(message) }) };
    const stale = system.spawn(spec);
    await stale.stop();
    const fresh = system.spawn(spec);
    stale.tell('for the old one');
    fresh.tell('for the new one');
    await clock.settle();
    assert.deepEqual(handled, ['for the new one']);
    assert.deepEqual(deadLetters, [{ to: 'a', message: 'for the old one', reason: 'stopped' }]);
  });

  it('nact: the name given to a system is ignored; ours keeps it', () => {
    assert.notEqual((nact.start('trainer') as { name?: string }).name, 'trainer');
    assert.equal(createActorHarness().system.name, 'actors');
  });

  it('nact: a reference to one kind of message passes for another; ours does not compile', () => {
    type Accepts<Given, Wanted> = Given extends Wanted ? true : false;
    type NactRef<Message> = Parameters<typeof nact.dispatch<Message>>[0];
    const nactAccepts: Accepts<NactRef<{ a: number }>, NactRef<{ b: string }>> = true;
    const oursAccepts: Accepts<ActorRef<{ a: number }>, ActorRef<{ b: string }>> = false;
    const recipientAccepts: Accepts<Recipient<'a'>, Recipient<'a' | 'b'>> = false;
    const widerServes: Accepts<Recipient<'a' | 'b'>, Recipient<'a'>> = true;
    assert.deepEqual([nactAccepts, oursAccepts, recipientAccepts, widerServes], [true, false, false, true]);
  });
});

describe('nact faults: what it lacks', () => {
  it('nact: an actor that always crashes is reset without limit and without delay', async () => {
    let crashes = 0;
    const ref = nact.spawn(
      nact.start(),
      () => {
        throw new Error('always');
      },
      'a',
      {
        onCrash: (_message, _error, context) => {
          crashes++;
          return context.reset;
        },
      },
    );
    for (let message = 0; message < 1000; message++) nact.dispatch(ref, message);
    await settle();
    assert.equal(crashes, 1000);
  });

  it('ours: it is restarted with backoff, as often as allowed, and then given up', async () => {
    const { clock, system, failures } = createActorHarness();
    const starts: number[] = [];
    const ref = system.spawn<string>({
      name: 'a',
      restart: restartAfter(2, 3),
      start: ({ now, self }) => {
        starts.push(now());
        self.tell('crash');
        return {
          receive() {
            throw new Error('always');
          },
        };
      },
      onGivenUp: () => undefined,
    });
    await clock.advance(1000);
    assert.deepEqual(starts, [0, 2, 4, 6]);
    assert.deepEqual(
      failures.map(({ action }) => action),
      ['restarting', 'restarting', 'restarting', 'given-up'],
    );
    assert.equal((await ref.terminated).type, 'given-up');
  });

  it('nact: stopping a parent leaves its children running, and never tells them', async () => {
    const handled: string[] = [];
    let afterStops = 0;
    const parent = nact.spawn(nact.start(), () => undefined, 'parent');
    const child = nact.spawn(parent, (_: undefined, message: string) => void handled.push(message), 'child', {
      afterStop: () => void afterStops++,
    });
    for (const message of ['a', 'b']) nact.dispatch(child, message);
    nact.stop(parent);
    await settle();
    assert.deepEqual({ handled, afterStops }, { handled: ['a', 'b'], afterStops: 0 });
  });

  it('ours: children end before their parent, to the last grandchild', async () => {
    const { clock, system } = createActorHarness();
    const order: string[] = [];
    const parent = system.spawn<null>({
      name: 'parent',
      start: ({ spawn }) => {
        spawn<null>({
          name: 'child',
          start: (child) => {
            child.spawn<null>({
              name: 'grandchild',
              start: ({ path }) => ({ receive: () => undefined, stopped: () => void order.push(path) }),
            });
            return { receive: () => undefined, stopped: () => void order.push(child.path) };
          },
        });
        return { receive: () => undefined, stopped: () => void order.push('parent') };
      },
    });
    await clock.settle();
    await parent.stop();
    assert.deepEqual(order, ['parent.child.grandchild', 'parent.child', 'parent']);
  });
});
