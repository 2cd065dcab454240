/** What every transport must do, run against each of them by its own test. */
import assert from 'node:assert/strict';
import { config, firstValueFrom, lastValueFrom, type Observable, take, toArray } from 'rxjs';
import type { Message } from '../../protocols/wire/messages.js';
import { serverInbox, serverSubject, workerSubject } from '../../protocols/wire/subjects.js';
import { StalewartError } from '../../src/errors.js';
import type { Transport, TransportStatus } from '../../src/transport/transport.js';
import {
  assign,
  awkwardTensor,
  bits,
  cancel,
  heartbeat,
  join,
  update,
} from '../protocols/wire/messages-for-tests.js';

/** The two ends of a run; the same object where one serves both. */
export interface TransportPair {
  readonly server: Transport;
  readonly worker: Transport;
}

const run = 'run-1';

/** The next `count` messages, asked for at once. */
export function next(messages$: Observable<Message>, count: number): Promise<Message[]> {
  return firstValueFrom(messages$.pipe(take(count), toArray()));
}

function attemptOf({ header }: Message): number {
  return 'attempt' in header ? header.attempt : -1;
}

function failsWith(code: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StalewartError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  };
}

/** @param open a fresh pair, connected; both are closed after each test */
export function transportContract(open: () => Promise<TransportPair>): void {
  let server: Transport;
  let worker: Transport;

  beforeEach(async () => {
    ({ server, worker } = await open());
  });

  afterEach(async () => {
    await worker.close();
    await server.close();
  });

  it('delivers header and tensor, in both directions', async () => {
    const toServer = next(await server.subscribe(serverInbox(run)), 1);
    const toWorker = next(await worker.subscribe(workerSubject(run, 'node-1', 3)), 1);
    await worker.send(serverSubject(run, 'node-1', 3), join());
    await server.send(workerSubject(run, 'node-1', 3), assign(new Float32Array([1, 2, 3])));
    assert.deepEqual(await toServer, [join()]);
    assert.deepEqual(await toWorker, [assign(new Float32Array([1, 2, 3]))]);
  });

  it('keeps the order of one sender on one subject, of messages with a tensor and of those without', async () => {
    const arrived = next(await server.subscribe(serverSubject(run, 'node-1', 3)), 200);
    for (let attempt = 1; attempt <= 200; attempt++) {
      const message =
        attempt % 20 === 0 ? update(new Float32Array(300_000), 3, attempt) : heartbeat(3, attempt);
      void worker.send(serverSubject(run, 'node-1', 3), message);
    }
    const messages = await arrived;
    const all = Array.from({ length: 200 }, (_, index) => index + 1);
    for (const long of [true, false]) {
      assert.deepEqual(
        messages.filter(({ tensor }) => (tensor !== null) === long).map(attemptOf),
        all.filter((attempt) => (attempt % 20 === 0) === long),
      );
    }
  });

  it('delivers to patterns and to nobody whose subject it is not', async () => {
    const all = next(await server.subscribe(serverInbox(run)), 2);
    const third = next(await server.subscribe(serverSubject(run, 'node-1', 3)), 1);
    const everything = next(await server.subscribe('stalewart.>'), 3);
    const otherRun = next(await server.subscribe(serverInbox('run-2')), 1);
    await worker.send(serverSubject(run, 'node-1', 4), heartbeat(4));
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3));
    const stranger = { ...heartbeat(3), header: { ...heartbeat(3).header, run: 'run-2' } };
    await worker.send(serverSubject('run-2', 'node-1', 3), stranger);
    assert.deepEqual(await all, [heartbeat(4), heartbeat(3)]);
    assert.deepEqual(await third, [heartbeat(3)]);
    assert.deepEqual(await everything, [heartbeat(4), heartbeat(3), stranger]);
    assert.deepEqual(await otherRun, [stranger]);
  });

  it('keeps every bit of a tensor: NaN payloads, −0, infinities', async () => {
    const arrived = next(await server.subscribe(serverInbox(run)), 1);
    await worker.send(serverSubject(run, 'node-1', 3), update(awkwardTensor()));
    const [message] = await arrived;
    assert.deepEqual(bits(message?.tensor ?? null), bits(awkwardTensor()));
  });

  it('carries a tensor of 10 MB', async () => {
    const tensor = Float32Array.from({ length: 2_500_000 }, (_, index) => Math.sin(index));
    const arrived = next(await server.subscribe(serverInbox(run)), 1);
    await worker.send(serverSubject(run, 'node-1', 3), update(tensor));
    const [message] = await arrived;
    assert.deepEqual(bits(message?.tensor ?? null), bits(tensor));
  });

  it('tells an empty tensor from none', async () => {
    const arrived = next(await server.subscribe(serverInbox(run)), 2);
    await worker.send(serverSubject(run, 'node-1', 3), update(new Float32Array(0)));
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat());
    assert.deepEqual(
      (await arrived).map(({ tensor }) => tensor),
      [new Float32Array(0), null],
    );
  });

  it('loses and mixes up nothing of many senders at once', async () => {
    const workers = 20;
    const each = 20;
    const arrived = next(await server.subscribe(serverInbox(run)), workers * each);
    await Promise.all(
      Array.from({ length: workers }, async (_, index) => {
        for (let attempt = 1; attempt <= each; attempt++) {
          const tensor = new Float32Array(5000).fill(index * 1000 + attempt);
          await worker.send(serverSubject(run, 'node-1', index), update(tensor, index, attempt));
        }
      }),
    );
    const attempts = new Map<number, number>();
    for (const { header, tensor } of await arrived) {
      assert.ok(header.type === 'update');
      const attempt = (attempts.get(header.worker) ?? 0) + 1;
      attempts.set(header.worker, attempt);
      assert.equal(header.attempt, attempt);
      assert.ok(tensor?.every((element) => element === header.worker * 1000 + attempt));
    }
    assert.deepEqual(
      [...attempts.values()],
      Array.from({ length: workers }, () => each),
    );
  });

  it('refuses to send what is not valid, naming the field, and delivers nothing of it', async () => {
    const arrived = next(await server.subscribe('>'), 1);
    const subject = serverSubject(run, 'node-1', 3);
    const { header } = heartbeat();
    const wrong: readonly [string, Message, RegExp][] = [
      [subject, { header: { ...header, incarnation: 0 }, tensor: null }, /incarnation/],
      [subject, { header: { ...header, run: 'a run' }, tensor: null }, /run: must be 1 to 128 letters/],
      [subject, { header, tensor: new Float32Array(1) }, /heartbeat: carries a tensor/],
      [subject, { ...update(new Float32Array(1)), tensor: null }, /update: the tensor is missing/],
      [serverSubject(run, 'node-1', 4), { header, tensor: null }, /worker 3.*worker 4/],
      [subject, cancel(), /"cancel" travels on worker subjects only/],
      ['stalewart.*', { header, tensor: null }, /token 2/],
      ['', { header, tensor: null }, /token 1/],
    ];
    for (const [to, message, pattern] of wrong) {
      await assert.rejects(worker.send(to, message), failsWith('WIRE', pattern));
    }
    await assert.rejects(server.subscribe('a..b'), failsWith('WIRE', /token 2/));
    await worker.send(subject, join());
    assert.deepEqual(await arrived, [join()]);
  });

  it('does not care what becomes of a header after it was sent', async () => {
    const arrived = next(await server.subscribe(serverInbox(run)), 1);
    const header = { ...heartbeat(3, 1).header };
    const sent = worker.send(serverSubject(run, 'node-1', 3), { header, tensor: null });
    Object.assign(header, { worker: -1 });
    await sent;
    assert.deepEqual(await arrived, [heartbeat(3, 1)]);
  });

  it('never delivers from within send', async () => {
    const messages$ = await worker.subscribe(serverInbox(run));
    let sending = false;
    const order: string[] = [];
    const arrived = new Promise<void>((resolve) => {
      messages$.subscribe((message) => {
        assert.ok(!sending);
        order.push(`in ${attemptOf(message)}`);
        if (attemptOf(message) === 2) return resolve();
        sending = true;
        void worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 2));
        sending = false;
        order.push('out');
      });
    });
    sending = true;
    void worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 1));
    sending = false;
    await arrived;
    assert.deepEqual(order, ['in 1', 'out', 'in 2']);
  });

  it('serves several subscribers, of one subscription and of several', async () => {
    const shared$ = await server.subscribe(serverInbox(run));
    const own$ = await server.subscribe(serverInbox(run));
    const arrived = Promise.all([next(shared$, 2), next(shared$, 2), next(own$, 2)]);
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 1));
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 2));
    for (const messages of await arrived) assert.deepEqual(messages.map(attemptOf), [1, 2]);
  });

  it('keeps messages for the first subscriber of a subscription', async () => {
    const early$ = await server.subscribe(serverInbox(run));
    const other = next(await server.subscribe(serverInbox(run)), 2);
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 1));
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 2));
    await other;
    assert.deepEqual((await next(early$, 2)).map(attemptOf), [1, 2]);
  });

  it('delivers nothing more after the last subscriber has left, and goes on for others', async () => {
    const left$ = await server.subscribe(serverInbox(run));
    const seen: number[] = [];
    const subscription = left$.subscribe((message) => seen.push(attemptOf(message)));
    const stayed$ = await server.subscribe(serverInbox(run));
    const both = next(stayed$, 3);
    const first = next(await server.subscribe(serverInbox(run)), 1);
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 1));
    await first;
    subscription.unsubscribe();
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 2));
    await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, 3));
    assert.deepEqual((await both).map(attemptOf), [1, 2, 3]);
    assert.deepEqual(seen, [1]);
    assert.deepEqual(await lastValueFrom(left$.pipe(toArray())), []);
  });

  it('is not disturbed by a subscriber that throws', async () => {
    // RxJS reports what a handler throws as uncaught; for this test, to us.
    const reported = new Promise<void>((resolve) => {
      let faults = 0;
      config.onUnhandledError = () => {
        faults += 1;
        if (faults === 3) resolve();
      };
    });
    try {
      const messages$ = await server.subscribe(serverInbox(run));
      messages$.subscribe(() => {
        throw new Error('a fault of the handler');
      });
      const same = next(messages$, 3);
      const other = next(await server.subscribe(serverInbox(run)), 3);
      for (const attempt of [1, 2, 3])
        await worker.send(serverSubject(run, 'node-1', 3), heartbeat(3, attempt));
      assert.deepEqual((await same).map(attemptOf), [1, 2, 3]);
      assert.deepEqual((await other).map(attemptOf), [1, 2, 3]);
      await reported;
    } finally {
      config.onUnhandledError = null;
    }
  });

  it('tells the state of the connection to whoever asks, first of all', async () => {
    assert.equal((await firstValueFrom(worker.status$)).type, 'connected');
    await worker.close();
    assert.equal((await firstValueFrom(worker.status$)).type, 'closed');
  });

  it('delivers what was sent before it closes, then completes everything', async () => {
    const arrived = lastValueFrom((await server.subscribe(serverInbox(run))).pipe(toArray()));
    const status = lastValueFrom(server.status$.pipe(toArray()));
    for (const attempt of [1, 2, 3])
      void worker.send(serverSubject(run, 'node-1', 3), update(new Float32Array(100_000), 3, attempt));
    await worker.close();
    await server.close();
    assert.deepEqual((await arrived).map(attemptOf), [1, 2, 3]);
    assert.deepEqual(
      (await status).map(({ type }: TransportStatus) => type),
      ['connected', 'closed'],
    );
  });

  it('can be closed twice, and takes nothing afterwards', async () => {
    const closed = worker.close();
    await assert.rejects(
      worker.send(serverSubject(run, 'node-1', 3), join()),
      failsWith('SERVICE', /transport is closed/),
    );
    await assert.rejects(worker.subscribe(serverInbox(run)), failsWith('SERVICE', /transport is closed/));
    await Promise.all([closed, worker.close()]);
    await worker.close();
    await assert.rejects(
      worker.send(serverSubject(run, 'node-1', 3), join()),
      failsWith('SERVICE', /transport is closed/),
    );
  });
}
