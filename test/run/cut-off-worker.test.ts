import assert from 'node:assert/strict';
import { filter, firstValueFrom, map, Subject } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import { findPolicy } from '../../protocols/sync/registry.js';
import { resolvePolicySettings } from '../../protocols/sync/settings.js';
import type { Message } from '../../protocols/wire/messages.js';
import { systemClock } from '../../src/clock/clock.js';
import { createParameterStore } from '../../src/compute/parameter-store.js';
import { localWorkers } from '../../src/run/local-workers.js';
import { type LiveRun, startLiveRun } from '../../src/run/live-run.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { createFakeCompute } from '../support/fake-compute.js';
import { type NatsServer, startNatsServer } from '../support/nats-server.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const cutOff = 2;

describe('a worker whose connection is cut', () => {
  let nats: NatsServer;
  let proxy: TcpProxy;
  let transports: Transport[];
  let live: LiveRun | null;
  beforeEach(async () => {
    nats = await startNatsServer();
    proxy = await startTcpProxy(nats.port);
    transports = await Promise.all(
      [nats.port, proxy.port].map((port) => connectNatsTransport({ url: `nats://127.0.0.1:${port}` })),
    );
  });
  afterEach(async () => {
    await live?.close({ status: 'finished', reason: 'the test is over' });
    live = null;
    await Promise.all(transports.map((transport) => transport.close()));
    await proxy.close();
    await nats.stop();
  });

  /** Worker 2 reaches the server through the proxy, all others directly. */
  function split(): Transport {
    const [direct, proxied] = transports;
    assert.ok(direct !== undefined && proxied !== undefined);
    const isCutOff = ({ header }: Message, subject: string): boolean =>
      subject.includes('.server.') && 'worker' in header && header.worker === cutOff;
    return {
      ...direct,
      send: (subject, message) => (isCutOff(message, subject) ? proxied : direct).send(subject, message),
      subscribe: (subject) => (subject.endsWith(`.${cutOff}`) ? proxied : direct).subscribe(subject),
    };
  }

  it('is given up, and contributes again as a new incarnation when it is mended', async () => {
    const workers = 4;
    const policy = findPolicy('k-async')?.create(resolvePolicySettings({ workers, waitCount: 2 }));
    assert.ok(policy);
    const compute = createFakeCompute(100, 'at-once');
    const steps$ = new Subject<EngineStep>();
    const applied: string[] = [];
    steps$.subscribe(({ effects }) => {
      for (const effect of effects) {
        if (effect.type === 'commit') applied.push(...effect.contributions.map(({ updateId }) => updateId));
      }
    });
    const failures: unknown[] = [];
    const contributed = (incarnation: (number: number) => boolean) =>
      firstValueFrom(
        steps$.pipe(
          map(({ effects }) =>
            effects
              .flatMap((effect) => (effect.type === 'commit' ? effect.contributions : []))
              .some(
                ({ worker, updateId }) =>
                  worker === cutOff && incarnation(Number(updateId.split('.').at(-2))),
              ),
          ),
          filter((found) => found),
        ),
      );
    const first = contributed(() => true);
    const lost = firstValueFrom(
      steps$.pipe(
        map(({ event }) => event),
        filter((event) => event.type === 'worker-lost' && event.worker === cutOff),
      ),
    );
    const common = {
      run: 'cut',
      compute,
      transport: split(),
      heartbeatSeconds: 0.2,
      retrySeconds: 0.2,
      restart: {
        maxRestarts: 100,
        windowSeconds: 60,
        backoff: { initialSeconds: 0.1, maxSeconds: 0.1, factor: 1, jitter: 0 },
        random: () => 0,
      },
    };
    const taskTimes = createTaskTimes(parseStraggler('constant:mean=0.02'), { workers, seed: 1 });
    live = await startLiveRun({
      ...common,
      clock: systemClock(),
      engine: { policy, workers, localSteps: 1 },
      store: createParameterStore(compute.model.initial),
      host: localWorkers({ ...common, workers, taskTimes }),
      silence: { heartbeatSeconds: 0.2, suspectAfterSeconds: 0.6, deadAfterSeconds: 3 },
      joinsPerSecond: 100,
      maxInboundBytes: 1e6,
      observer: {
        heard: () => undefined,
        silent: () => undefined,
        suspicion: () => undefined,
        refused: () => undefined,
        step: (step) => steps$.next(step),
        over: () => undefined,
      },
      onFailure: (error) => failures.push(error),
    });
    await first;
    proxy.cut();
    const event = await lost;
    assert.ok(event.type === 'worker-lost' && !event.returns);
    const again = contributed((incarnation) => incarnation > event.incarnation);
    proxy.mend();
    await again;
    assert.equal(new Set(applied).size, applied.length, 'an update was applied twice');
    assert.deepEqual(failures, []);
  });
});
