/** Runs in processes of their own that are killed, stopped, and resumed. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { simulate, train, type TrainOptions } from '../../src/index.js';
import { readRun } from '../../src/telemetry/read-run.js';
import { smallRun } from '../run/fixtures/small-run.js';
import { startJetStreamServer } from '../support/jetstream-server.js';
import { recordOf } from './support/cut-run.js';
import { type Ended, runLive, runProgram, versionsIn } from './support/program.js';

const live: TrainOptions = { ...smallRun, threads: 1, rounds: 40, evalEvery: 10 };
const flags = [
  ...['--dataset', 'synthetic:examples=640,test=200,size=8,channels=1', '--model', 'mlp'],
  ...['--workers', '4', '--k0', '2', '--local-steps', '2', '--batch-size', '16', '--learning-rate', '0.05'],
];

describe('a process that is killed', () => {
  let folder: string;
  let out: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-killed-'));
    out = join(folder, 'run');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('loses no round that it told of, live with a checkpoint in every round; killed twice', async () => {
    const first = await runLive({ ...live, checkpointEvery: 1, out }, (line, child) => {
      if (line.startsWith('round 7 ')) child.kill('SIGKILL');
    });
    assert.equal(first.signal, 'SIGKILL');
    const lastTold = versionsIn(first).at(-1) ?? 0;
    const written = (await readRun(out)).rounds.at(-1)?.version ?? 0;
    const second = await runLive({ resume: out }, (line, child) => {
      if (line.startsWith(`round ${lastTold + 12} `)) child.kill('SIGKILL');
    });
    const resumedAt = (versionsIn(second)[0] ?? 0) - 1;
    assert.ok(
      resumedAt >= Math.max(lastTold, written),
      `${resumedAt}, told of ${lastTold}, wrote ${written}`,
    );
    const third = await runLive({ resume: out });
    assert.equal(third.lines.at(-1), 'done finished 40');
    const { rounds, evaluations, summary, config } = await readRun(out);
    assert.deepEqual(
      rounds.map(({ version }) => version),
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
    const times = rounds.map(({ time }) => time);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => a - b),
    );
    assert.equal(new Set(evaluations.map(({ version }) => version)).size, evaluations.length);
    assert.equal(evaluations.at(-1)?.version, 40);
    assert.equal(summary?.rounds, 40);
    assert.equal(config['rounds'], 40);
    // One history: every round's commit once, in order.
    const commits: number[] = [];
    for await (const { effects } of (await readRun(out)).journal()) {
      for (const effect of effects) if (effect.type === 'commit') commits.push(effect.version);
    }
    assert.deepEqual(
      commits,
      rounds.map(({ version }) => version),
    );
  });

  it('goes on in simulated time as if it had not been', async () => {
    const whole = join(folder, 'whole');
    const options = [...flags, '--policy', 'abs', '--rounds', '60', '--eval-every', '5'];
    const never = await simulate({ ...smallRun, policy: 'abs', rounds: 60, evalEvery: 5, out: whole }).done;
    const killAt = (text: string) =>
      [
        (line: string, child: { kill: (signal: 'SIGKILL') => boolean }) => {
          if (line.includes(text)) child.kill('SIGKILL');
        },
      ] as const;
    const first = await runProgram(
      ['simulate', ...options, '--checkpoint-every', '2', '--out', out],
      ...killAt('evaluation:'),
    );
    assert.equal(first.signal, 'SIGKILL');
    const second = await runProgram(['simulate', '--resume', out], ...killAt('evaluation:'));
    assert.equal(second.signal, 'SIGKILL');
    const third = await runProgram(['simulate', '--resume', out]);
    assert.equal(third.code, 0, third.lines.join('\n'));
    const { summary } = await readRun(out);
    assert.equal(summary?.weightsSha256, never.weightsSha256);
    const [one, other] = [await recordOf(whole), await recordOf(out)];
    assert.equal(other.rounds, one.rounds);
    assert.equal(other.evaluations, one.evaluations);
  });

  it('by SIGINT saves itself first, exits with 130, says how it goes on, and does', async () => {
    const stopped = await runProgram(
      ['train', ...flags, '--time', '600', '--eval-every', '10', '--out', out],
      (line, child) => {
        if (line.includes('evaluation:')) child.kill('SIGINT');
      },
    );
    assert.equal(stopped.code, 130, stopped.lines.join('\n'));
    const version = (await readRun(out)).rounds.at(-1)?.version ?? 0;
    assert.ok(
      stopped.lines.some((line) => line.includes(`from version ${version}: stalewart train --resume ${out}`)),
      stopped.lines.join('\n'),
    );
    const rounds = String(version + 10);
    const resumed = await runProgram(['train', '--resume', out, '--rounds', rounds]);
    assert.equal(resumed.code, 0, resumed.lines.join('\n'));
    assert.equal((await readRun(out)).summary?.rounds, version + 10);
  });

  it('loses no round that it told of with its checkpoints in JetStream', async () => {
    const server = await startJetStreamServer();
    try {
      const nats = server.url;
      const options: TrainOptions = {
        ...live,
        nats,
        checkpoint: 'nats',
        checkpointEvery: 1,
        run: 'kept',
        out,
      };
      const first = await runLive(options, (line, child) => {
        if (line.startsWith('round 5 ')) child.kill('SIGKILL');
      });
      const lastTold = versionsIn(first).at(-1) ?? 0;
      const second = await runLive({ resume: out, nats });
      const [resumedAt = 0] = versionsIn(second);
      assert.ok(lastTold >= 5 && resumedAt > lastTold, `${resumedAt} after ${lastTold}`);
      assert.equal(second.lines.at(-1), 'done finished 40');
      assert.equal((await readdir(out)).includes('checkpoints'), false);
      const third = await runLive({ ...options, out: join(folder, 'other') });
      assert.match(
        third.lines.at(-1) ?? '',
        /^error run is "kept": .* has checkpoints of a run of this name, up to version 40; /,
      );
    } finally {
      await server.stop();
    }
  });

  it('after its last round and before its summary: only that is left to do', async () => {
    const summary = await train({ ...live, out }).done;
    await rm(join(out, 'summary.json'));
    await rm(join(out, 'model'), { recursive: true });
    const resumed = await runLive({ resume: out });
    assert.equal(resumed.lines.at(-1), 'done finished 40');
    assert.deepEqual(versionsIn(resumed), []);
    assert.equal((await readRun(out)).summary?.weightsSha256, summary.weightsSha256);
    const again = await runLive({ resume: out });
    assert.match(again.lines.at(-1) ?? '', /^error rounds is 40: it must be more than 40, which the run in /);
    const more = await runLive({ resume: out, rounds: 45 });
    assert.deepEqual(versionsIn(more), [41, 42, 43, 44, 45]);
  });

  it('shares its folder with nobody: of two that resume it at once, one is refused', async () => {
    await runLive({ ...live, checkpointEvery: 1, out }, (line, child) => {
      if (line.startsWith('round 3 ')) child.kill('SIGKILL');
    });
    const others: Promise<Ended>[] = [];
    const first = await runLive({ resume: out, rounds: 1_000_000 }, (line, child) => {
      if (others.length > 0 || !line.startsWith('round ')) return;
      const second = runLive({ resume: out });
      others.push(second);
      void second.then(() => child.kill('SIGTERM'));
    });
    assert.match(first.lines.at(-1) ?? '', /^done stopped \d+$/);
    const [refused] = (await Promise.all(others)).map(({ lines }) => lines.at(-1));
    assert.match(refused ?? '', /^error resume is ".*run": process \d+ works in it; wait/);
    const lock = await readFile(join(out, 'run.lock'), 'utf8').catch(() => null);
    assert.equal(lock, null);
  });
});
