/** Taking the lead of a run, on a real nats-server with JetStream. */
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { type Leadership, type LeadershipOptions, takeTheLead } from '../../src/checkpoint/leadership.js';
import { systemClock } from '../../src/clock/clock.js';
import { startJetStreamServer } from '../support/jetstream-server.js';
import type { NatsServer } from '../support/nats-server.js';

const clock = systemClock();
const bytes = Uint8Array.of(1, 2, 3);

describe('lead of a run', () => {
  let server: NatsServer;
  let run = '';
  let runs = 0;
  let led: Leadership[] = [];

  before(async () => {
    server = await startJetStreamServer();
  });
  after(() => server.stop());
  beforeEach(() => {
    runs += 1;
    run = `lead-${runs}`;
  });
  afterEach(async () => {
    await Promise.all(led.map((leadership) => leadership.close()));
    led = [];
  });

  const take = async (options: Partial<LeadershipOptions> = {}): Promise<Leadership | null> => {
    const leadership = await takeTheLead({
      nats: server.url,
      run,
      standby: false,
      resume: false,
      ttlSeconds: 1,
      clock,
      notice: () => undefined,
      ...options,
    });
    if (leadership !== null) led.push(leadership);
    return leadership;
  };
  /** Resolves when the server has seen who leads. */
  const standby = (options: Partial<LeadershipOptions> = {}) => {
    let seen = (): void => undefined;
    const stands = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const taken = take({
      ...options,
      standby: true,
      notice: (_, text) => text.includes(' leads (') && seen(),
    });
    return { stands, taken };
  };

  it('hands checkpoints and a higher epoch on to the standby of a server that is gone', async () => {
    const first = await take();
    await first?.checkpoints.save(bytes, { version: 12, epoch: first.epoch });
    const { stands, taken } = standby();
    await stands;
    await first?.close();
    const second = await taken;
    assert.ok(first !== null && second !== null && second.epoch > first.epoch);
    const [newest] = await second.checkpoints.list();
    assert.equal(newest?.version, 12);
    assert.equal(second.confirm(), undefined);
  });

  it('hands on at once when it resigns, and can save no more', async () => {
    const first = await take();
    const { stands, taken } = standby();
    await stands;
    await first?.resign();
    const second = await taken;
    assert.ok(first !== null && second !== null);
    await assert.rejects(first.checkpoints.save(bytes, { version: 1, epoch: first.epoch }), {
      code: 'DEPOSED',
    });
    assert.deepEqual(await second.checkpoints.list(), []);
  });

  it('ends the wait of a standby when the run is over, and refuses whoever comes later', async () => {
    const first = await take();
    const { stands, taken } = standby();
    await stands;
    assert.equal(await first?.conclude('finished: 40 rounds'), true);
    assert.equal(await taken, null);
    await assert.rejects(take({ standby: true }), { code: 'CONFIG', message: /finished: 40 rounds/ });
  });

  it('refuses a second server without standby', async () => {
    await take();
    await assert.rejects(take(), {
      code: 'SERVICE',
      message: /is led by .* start this server with --standby/,
    });
  });

  it('refuses what an earlier server of that name has left, unless told to go on from it', async () => {
    const first = await take();
    await first?.checkpoints.save(bytes, { version: 12, epoch: first.epoch });
    await first?.resign();
    await assert.rejects(take(), {
      code: 'CONFIG',
      message: /newest checkpoint: version 12, epoch \d+\): go on from that with --resume/,
    });
    const second = await take({ resume: true });
    assert.equal((await second?.checkpoints.list())?.[0]?.version, 12);
  });

  it('refuses to go on from nothing', async () => {
    await assert.rejects(take({ resume: true }), { code: 'CONFIG', message: /has no checkpoint/ });
    // And does not keep the lease for it.
    assert.notEqual(await take(), null);
  });
});
