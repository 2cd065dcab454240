import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, filter, take, toArray } from 'rxjs';
import { StalewartError, train, type TrainOptions } from '../../src/index.js';
import { startNatsServer } from '../support/nats-server.js';
import { smallRun } from './fixtures/small-run.js';

const small: TrainOptions = {
  ...smallRun,
  evalEvery: 1000,
  uploadRetry: 0.2,
  heartbeat: 0.2,
  suspectAfter: 2,
  deadAfter: 5,
};

describe('train over NATS', () => {
  let server: Awaited<ReturnType<typeof startNatsServer>>;
  beforeEach(async () => {
    server = await startNatsServer();
  });
  afterEach(() => server.stop());

  it('trains as it does within the process', async () => {
    const run = train({ ...small, nats: server.url, rounds: 30 });
    assert.equal((await run.ready).transport, 'nats');
    const summary = await run.done;
    assert.equal(summary.rounds, 30);
    assert.equal(summary.failures, 0);
  });

  it('keeps no credentials of the server', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stalewart-nats-'));
    try {
      const out = join(folder, 'run');
      const nats = server.url.replace('nats://', 'nats://me:secret@');
      const run = train({ ...small, out, nats, rounds: 2 });
      const { config } = await run.ready;
      assert.deepEqual(config.nats, [server.url]);
      await run.done;
      for (const file of ['config.json', 'journal.jsonl', 'summary.json', 'log.jsonl']) {
        assert.ok(!(await readFile(join(out, file), 'utf8')).includes('secret'), file);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('goes on when the nats-server is killed and comes back', async () => {
    const run = train({ ...small, nats: server.url, rounds: 400 });
    const steps = firstValueFrom(run.steps$.pipe(toArray()));
    const disconnected = firstValueFrom(
      run.notices$.pipe(filter(({ message }) => message.startsWith('connection lost'))),
    );
    await firstValueFrom(run.rounds$.pipe(take(5)));
    await server.kill('SIGKILL');
    await disconnected;
    const reconnected = firstValueFrom(
      run.notices$.pipe(filter(({ message }) => message.startsWith('connected'))),
    );
    await server.restart();
    await reconnected;
    const summary = await run.done;
    assert.equal(summary.status, 'finished');
    assert.equal(summary.rounds, 400);
    const applied = (await steps)
      .flatMap(({ effects }) => effects)
      .flatMap((effect) =>
        effect.type === 'commit' ? effect.contributions.map(({ updateId }) => updateId) : [],
      );
    assert.equal(new Set(applied).size, applied.length);
  });

  it('says which server cannot be reached', async () => {
    const { url } = server;
    await server.stop();
    await assert.rejects(train({ ...small, nats: url }).done, (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.exitCode, 4);
      assert.ok(error.message.includes(url));
      return true;
    });
  });
});
