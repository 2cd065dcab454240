/**
 * Faults of nact 7.6.2 that would break the promises of this project: what becomes of messages and names. Each test shows one of them, so
 * that we notice when a later nact mends it, and then that an actor of ours in the same situation is not hit.
 */
import assert from 'node:assert/strict';
import nact from 'nact';
import type { ActorRef, Recipient } from '../../actors/supervision.js';
import { createActorHarness, restartAfter, settleNact } from '../support/actor-harness.js';

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
    await settleNact();
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
    await settleNact();
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
    await settleNact();
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
