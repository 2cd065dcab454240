/** From the command line to the configuration of a run. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { createProgram, runProgram } from '../../src/cli/program.js';
import { type RunTrain, simulateCommand, trainCommand, type TrainRequest } from '../../src/cli/train.js';
import { settingsOf } from '../../src/config/settings.js';
import { configError, StalewartError } from '../../src/errors.js';
import { silentContext } from './program-context.js';

interface Outcome {
  readonly exitCode: number;
  readonly request: TrainRequest | null;
  readonly errors: string;
}

const train = (args: readonly string[], run?: RunTrain): Promise<Outcome> => call('train', args, run);
const simulate = (args: readonly string[], run?: RunTrain): Promise<Outcome> => call('simulate', args, run);

const noComparison = () => Promise.reject(new Error('nothing was to be compared'));

async function call(
  name: 'train' | 'simulate',
  args: readonly string[],
  run: RunTrain = async () => 0,
): Promise<Outcome> {
  let request: TrainRequest | null = null;
  const context = silentContext();
  const runOne: RunTrain = (given) => {
    request = given;
    return run(given);
  };
  const command =
    name === 'train' ? trainCommand(context, runOne) : simulateCommand(context, runOne, noComparison);
  const exitCode = await runProgram(createProgram('1.2.3', [command], context), [name, ...args], context);
  return { exitCode, request, errors: context.errors() };
}

describe('the train command', () => {
  let folder = '';
  let file = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-train-'));
    file = join(folder, 'job.yaml');
    writeFileSync(file, 'workers: 6\nk0: 3\nrounds: 9\njson: true\nkMonotone: false\ntime: 5\n');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has flags win over the file, and the file over the defaults', async () => {
    const { request } = await train([file, '--k0', '2', '--no-json', '--k-monotone', '--time', 'none']);
    assert.ok(request !== null);
    const { workers, k0, a, rounds, json, kMonotone, time } = request.config;
    assert.deepEqual(
      { workers, k0, a, rounds, json, kMonotone, time },
      { workers: 6, k0: 2, a: 8, rounds: 9, json: false, kMonotone: true, time: null },
    );
  });

  it('takes the last of a repeated flag, and values that begin with a dash', async () => {
    const { request } = await train(['--k0', '1', '--k0', '4', '--out', '-results']);
    assert.equal(request?.config.k0, 4);
    assert.equal(request?.config.out, '-results');
  });

  for (const [name, mode] of [
    ['train', 'live'],
    ['simulate', 'simulated'],
  ] as const) {
    it(`understands a flag for every setting of ${name}`, async () => {
      const values: Readonly<Record<string, string>> = {
        policy: 'k-async',
        kRounding: 'ceil',
        threshold: 'ceil-a-over-k',
        stalenessTest: 'gt',
        lossSmoothing: '0.5',
        mixing: '0.5',
        stalenessWeight: 'hinge',
        serverOptimizer: 'adam',
        serverMomentum: '0.5',
        serverBeta2: '0.5',
        localOptimizer: 'adam',
        model: 'mlp',
        backend: 'wasm',
        engine: 'tfjs',
        compute: 'none',
        dataset: 'mnist',
        partition: 'shards:2',
        straggler: 'exponential:mean=2',
        slowdown: '0:2',
        bursts: '0:on=1,off=1,factor=2',
        nats: 'nats://localhost:4222',
        targetAccuracy: '0.5',
        heartbeat: '1.5',
        suspectAfter: '2',
        deadAfter: '2.5',
        maxInboundBytes: '4096',
        whenShort: 'wait',
        restartBackoffMax: '9',
        run: 'r1',
        // The only one that simulated time has is the default.
        checkpoint: mode === 'live' ? 'nats' : 'dir',
      };
      const args = settingsOf(mode)
        // What is resumed has to be there.
        .filter(({ topic, name: setting }) => topic !== 'Comparison' && setting !== 'resume')
        .flatMap(({ name, flag, kind, default: fallback }) => {
          if (kind === 'boolean') return [fallback === 'true' ? flag.replace('--', '--no-') : flag];
          return [flag, values[name] ?? '3'];
        });
      const { exitCode, request, errors } = await call(name, args);
      assert.equal(errors, '');
      assert.equal(exitCode, 0);
      const defaults = (await call(name, [])).request;
      assert.ok(request !== null && defaults !== null);
      const unchanged = settingsOf(mode).filter(({ name, topic }) => {
        if (topic === 'Comparison' || name === 'resume') return false;
        if (name === 'checkpoint' && mode === 'simulated') return false;
        const [said, fallback] = [request.config, defaults.config].map(
          (config) => Object.entries(config).find(([key]) => key === name)?.[1],
        );
        return JSON.stringify(said) === JSON.stringify(fallback);
      });
      assert.deepEqual(unchanged, []);
    });
  }

  it('warns of settings without effect', async () => {
    const { request } = await train([file, '--policy', 'asgd', '--a', '3']);
    assert.deepEqual(request?.warnings, [
      `k0 (${file}:2) has no effect: the policy asgd does not use it`,
      `kMonotone (${file}:5) has no effect: the policy asgd does not use it`,
      '--a has no effect: the policy asgd does not use it',
    ]);
  });

  it('simulates with what a live run was given, and says what has no meaning then', async () => {
    const live = join(folder, 'live.yaml');
    writeFileSync(live, 'nats: nats://localhost:4222\nheartbeat: 2\nstraggler: gamma\n');
    const { request } = await simulate([live, '--latency', '0:0.5']);
    assert.equal(request?.mode, 'simulated');
    assert.deepEqual(request?.config.latency, { '0': 0.5 });
    assert.deepEqual(request?.warnings, [
      `nats (${live}:1) has no effect: time is simulated`,
      `heartbeat (${live}:2) has no effect: time is simulated`,
    ]);
    const network = join(folder, 'network.yaml');
    writeFileSync(network, 'latency: 0.1\n');
    assert.deepEqual((await train([network])).request?.warnings, [
      `latency (${network}:1) has no effect: only simulated time has such a network`,
    ]);
    assert.match((await simulate(['--nats', 'nats://x'])).errors, /unknown option '--nats'/);
  });

  it('needs task times on which simulated time can pass', async () => {
    assert.deepEqual((await simulate([])).request?.config.straggler, { law: 'exponential', mean: 1 });
    const cases = [
      ['none', 'a law by which tasks take time, such as exponential'],
      ['pareto:shape=1,scale=2', 'a law whose mean is finite, as pareto has it with shape above 1'],
    ] as const;
    for (const [law, allowed] of cases) {
      const { exitCode, errors } = await simulate(['--straggler', law, '--workers', '3', '--k0', '1']);
      assert.equal(exitCode, 2);
      assert.equal(errors, `error: --straggler is "${law}": it must be ${allowed}\n`);
      assert.equal((await train(['--straggler', law, '--workers', '3', '--k0', '1'])).errors, '');
    }
  });

  it('says which of law, slowdown and bursts makes tasks endless', async () => {
    const few = ['--workers', '3', '--k0', '1', '--straggler', 'exponential:mean=100'];
    const slow = await simulate([...few, '--slowdown', '0:1e308']);
    assert.equal(slow.exitCode, 2);
    assert.match(
      slow.errors,
      /^error: --slowdown is .*: it must be so that tasks still take a finite time on average\n$/,
    );
  });

  it('refuses links that cannot be', async () => {
    for (const [flag, value] of [
      ['--latency', '-1'],
      ['--latency', '0:x'],
      ['--bandwidth', '0'],
      ['--bandwidth', '3:0'],
      ['--server-bandwidth', '0'],
      ['--latency', '12:1'],
    ] as const) {
      const { exitCode, errors } = await simulate([flag, value]);
      assert.equal(exitCode, 2);
      assert.match(errors, new RegExp(`^error: ${flag} is .*: it must be .*\\n$`), errors);
    }
  });

  it('exits with the code of the run', async () => {
    assert.equal((await train([], async () => 130)).exitCode, 130);
  });

  it('shows an error of the run in the words of the command line', async () => {
    const { exitCode, errors } = await train(['--out', 'x'], () =>
      Promise.reject(configError('out', 'x', 'a folder without a run')),
    );
    assert.equal(errors, 'error: --out is "x": it must be a folder without a run\n');
    assert.equal(exitCode, 2);
  });

  it('exits with the code of the error, and shows the stack of a defect', async () => {
    const absent = await train([], () =>
      Promise.reject(new StalewartError('SERVICE', 'no NATS at nats://x')),
    );
    assert.deepEqual([absent.exitCode, absent.errors], [4, 'error: no NATS at nats://x\n']);
    const defect = await train([], () => Promise.reject(new TypeError('a defect')));
    assert.equal(defect.exitCode, 1);
    assert.match(defect.errors, /^TypeError: a defect\n {4}at /);
  });

  it('does not run when the configuration is wrong', async () => {
    assert.deepEqual(await train(['--k0', '0']), {
      exitCode: 2,
      request: null,
      errors: 'error: --k0 is 0: it must be an integer of at least 1\n',
    });
  });
});
