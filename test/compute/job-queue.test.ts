import assert from 'node:assert/strict';
import fc from 'fast-check';
import { JobQueue } from '../../src/compute/job-queue.js';
import type { Job } from '../../src/compute/thread-messages.js';

interface Item {
  readonly job: Job;
  readonly name: string;
}

const parameters = new Float32Array();

function train(worker: number, attempt = 1): Item {
  const job = { type: 'train', task: { worker, attempt, parameters, localSteps: 1 } } as const;
  return { job, name: `${worker}.${attempt}` };
}

function evaluation(from: number): Item {
  return { job: { type: 'evaluate', parameters, from, to: from + 1 }, name: `evaluation ${from}` };
}

function queueOf(...items: readonly Item[]): JobQueue<Item> {
  const queue = new JobQueue<Item>();
  for (const item of items) queue.add(item);
  return queue;
}

function rest(queue: JobQueue<Item>): readonly string[] {
  const names: string[] = [];
  for (let turn = queue.shift(); turn !== undefined; turn = queue.shift()) names.push(turn.item.name);
  return names;
}

describe('job queue', () => {
  it('gives jobs out in the order in which they came', () => {
    assert.deepEqual(rest(queueOf(train(2), evaluation(0), train(0))), ['2.1', 'evaluation 0', '0.1']);
  });

  it('gives the next task of a worker the place of the one that was withdrawn', () => {
    const stale = train(1);
    const queue = queueOf(train(0), stale, train(2), evaluation(0));
    assert.equal(queue.withdraw(stale), true);
    queue.add(train(3));
    queue.add(train(1, 2));
    assert.deepEqual(rest(queue), ['0.1', '1.2', '2.1', 'evaluation 0', '3.1']);
  });

  it('keeps the place over several restarts, until a task begins', () => {
    const queue = queueOf(train(0));
    for (const attempt of [1, 2, 3]) {
      const stale = train(1, attempt);
      queue.add(stale);
      queue.add(train(10 + attempt));
      queue.withdraw(stale);
    }
    queue.add(train(1, 4));
    assert.equal(queue.shift()?.item.name, '0.1');
    assert.equal(queue.shift()?.item.name, '1.4');
    queue.add(train(1, 5));
    assert.deepEqual(rest(queue), ['11.1', '12.1', '13.1', '1.5']);
  });

  it('keeps no place for an evaluation, and withdraws nothing that does not wait', () => {
    const gone = evaluation(0);
    const queue = queueOf(gone, train(0));
    assert.equal(queue.withdraw(gone), true);
    assert.equal(queue.withdraw(gone), false);
    queue.add(evaluation(1));
    assert.deepEqual(rest(queue), ['0.1', 'evaluation 1']);
  });

  it('has a job wait again at its place', () => {
    const queue = queueOf(train(0), train(1), train(2));
    const [first, second] = [queue.shift(), queue.shift()];
    assert.ok(first && second);
    assert.equal(queue.length, 1);
    queue.putBack(second);
    queue.putBack(first);
    assert.equal(queue.length, 3);
    assert.deepEqual(rest(queue), ['0.1', '1.1', '2.1']);
  });

  it('keeps the place of a turn that will not begin for the next task of its worker', () => {
    const queue = queueOf(train(0), train(1), evaluation(0));
    const [task] = [queue.shift()];
    assert.ok(task);
    queue.keepPlace(task);
    queue.add(train(0, 2));
    assert.deepEqual(rest(queue), ['0.2', '1.1', 'evaluation 0']);
  });

  it('forgets all when it is cleared', () => {
    const stale = train(1);
    const queue = queueOf(stale, train(0));
    queue.withdraw(stale);
    assert.deepEqual(
      queue.clear().map(({ name }) => name),
      ['0.1'],
    );
    queue.add(train(2));
    queue.add(train(1, 2));
    assert.deepEqual(rest(queue), ['2.1', '1.2']);
  });

  it('starves nobody: with W workers each begins within W turns, however often the waiting are restarted', () => {
    const restartAll = fc.array(fc.array(fc.nat(6), { maxLength: 12 }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(restartAll, (turns) => {
        const workers = 7;
        const waiting = new Map<number, Item>();
        const since = new Map<number, number>();
        const queue = new JobQueue<Item>();
        const join = (worker: number, attempt: number) => {
          const item = train(worker, attempt);
          waiting.set(worker, item);
          queue.add(item);
        };
        for (let worker = 0; worker < workers; worker += 1) {
          join(worker, 0);
          since.set(worker, 0);
        }
        for (const [turn, restarted] of turns.entries()) {
          for (const [index, worker] of restarted.entries()) {
            const stale = waiting.get(worker);
            if (stale === undefined || !queue.withdraw(stale)) continue;
            join(worker, 100 * turn + index + 1);
          }
          const next = queue.shift()?.item;
          assert.ok(next?.job.type === 'train');
          const { worker } = next.job.task;
          assert.ok(turn - (since.get(worker) ?? 0) <= workers, `worker ${worker} waited too long`);
          since.set(worker, turn);
          join(worker, 100 * turn); // its only thread is done with it at once
        }
        for (const began of since.values()) assert.ok(turns.length - began <= workers);
      }),
    );
  });
});
