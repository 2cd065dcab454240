/** Questions to an actor: one answer, or an error that says why there is none. */
import assert from 'node:assert/strict';
import { type ActorRef, AskError } from '../../actors/supervision.js';
import { createActorHarness, restartAfter } from '../support/actor-harness.js';

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
