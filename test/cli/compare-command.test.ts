/** `stalewart simulate --compare …`: from the command line to what is to be compared, and as a process. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createProgram, runProgram } from '../../src/cli/program.js';
import {
  type CompareRequest,
  simulateCommand,
  trainCommand,
  type TrainRequest,
} from '../../src/cli/train.js';
import { comparisonSchema, readComparison } from '../../src/telemetry/comparison-file.js';
import { parseExact } from '../../src/telemetry/exact-json.js';
import { silentContext } from './program-context.js';
import { mainFile } from './run-cli.js';

const timing = [
  ...['--dataset', 'synthetic:examples=640,test=200,size=8,channels=1', '--model', 'mlp'],
  ...['--workers', '4', '--k0', '2', '--compute', 'none'],
];

describe('simulate --compare', () => {
  let folder: string;
  const children: ChildProcessWithoutNullStreams[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stalewart-compare-cli-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  describe('on the command line', () => {
    async function call(name: 'simulate' | 'train', ...args: string[]) {
      const compared: CompareRequest[] = [];
      const trained: TrainRequest[] = [];
      const context = silentContext();
      const train = async (request: TrainRequest) => {
        trained.push(request);
        return 0;
      };
      const command =
        name === 'train'
          ? trainCommand(context, train)
          : simulateCommand(context, train, async (request) => {
              compared.push(request);
              return 0;
            });
      const program = createProgram('1.2.3', [command], context);
      const exitCode = await runProgram(program, [name, ...args], context);
      return { exitCode, errors: context.errors(), compared: compared[0], trained: trained[0] };
    }

    it('takes policies and seeds from flags', async () => {
      const { compared } = await call(
        'simulate',
        '--compare',
        'abs,k-async',
        '--seeds',
        '3',
        '--seed',
        '4',
        '--json',
      );
      assert.deepEqual(
        compared?.comparison.entries.map(({ name }) => name),
        ['abs', 'k-async'],
      );
      assert.deepEqual([compared?.comparison.seeds, compared?.json], [[4, 5, 6], true]);
      const several = await call('simulate', '--policy', 'asgd', '--seeds', '2');
      assert.equal(several.compared?.comparison.entries[0]?.name, 'asgd');
      assert.equal((await call('simulate', '--policy', 'asgd')).compared, undefined);
    });

    it('takes entries with settings of their own from a file, over which flags win', async () => {
      const file = join(folder, 'job.yaml');
      await writeFile(
        file,
        'workers: 6\nk0: 2\ncompare:\n  - k-async\n  - { policy: abs, name: abs-a8, a: 8 }\n  - policy: local-sgd\n    learningRate: 0.2\nseeds: [1, 4]\n',
      );
      const { compared } = await call('simulate', file, '--k0', '3');
      assert.deepEqual(
        compared?.comparison.entries.map(({ name, options: { config } }) => [
          name,
          config.k0,
          config.learningRate,
        ]),
        [
          ['k-async', 3, 0.1],
          ['abs-a8', 3, 0.1],
          ['local-sgd', 3, 0.2],
        ],
      );
      assert.deepEqual(compared?.comparison.seeds, [1, 4]);
      const flags = await call('simulate', file, '--compare', 'abs,asgd', '--seeds', '1');
      assert.deepEqual(
        flags.compared?.comparison.entries.map(({ name }) => name),
        ['abs', 'asgd'],
      );
      // Switched off, it is one run.
      const one = await call('simulate', file, '--compare', 'none', '--seeds', 'none');
      assert.deepEqual([one.trained?.config.workers, one.trained?.warnings], [6, []]);
    });

    it('names what is wrong by file and line, or by the flag, and exits with 2', async () => {
      const file = join(folder, 'job.yaml');
      await writeFile(file, 'model: 5\ncompare:\n  - abs\n  - policy: asgd\n    a: 8\n');
      const both = await call('simulate', file);
      assert.equal(both.exitCode, 2);
      assert.match(both.errors, new RegExp(`^error: model \\(${file}:1\\) is 5: it must be one of lenet, `));
      await writeFile(file, 'compare:\n  - abs\n  - policy: asgd\n    a: 8\n');
      assert.equal(
        (await call('simulate', file)).errors,
        `error: compare[1].a (${file}:4) is 8, which asgd does not use; it must be left out: it has no settings\n`,
      );
      assert.match(
        (await call('simulate', '--compare', 'abs,abc')).errors,
        /^error: --compare is "abc": it must be one of/,
      );
      assert.match(
        (await call('simulate', '--compare', 'abs')).errors,
        /^error: --compare is "abs": .* nothing to compare\n$/,
      );
    });

    it('has no effect on a live run, which says so', async () => {
      const file = join(folder, 'job.yaml');
      await writeFile(file, 'workers: 6\ncompare: [abs, asgd]\nseeds: 2\n');
      const { trained } = await call('train', file);
      assert.equal(trained?.config.workers, 6);
      assert.deepEqual(trained.warnings, [
        `compare (${file}:2) has no effect: only simulate compares`,
        `seeds (${file}:3) has no effect: only simulate compares`,
      ]);
      assert.match((await call('train', '--compare', 'abs,asgd')).errors, /unknown option '--compare'/);
    });
  });

  describe('as a process', () => {
    async function run(
      args: readonly string[],
      onLine: (line: string, child: ChildProcessWithoutNullStreams) => void = () => undefined,
    ) {
      const child = spawn(process.execPath, [mainFile, 'simulate', ...timing, ...args], { cwd: folder });
      children.push(child);
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      createInterface(child.stderr).on('line', (line) => onLine(line, child));
      await once(child, 'close');
      return { code: child.exitCode, stdout, stderr };
    }

    it('says a line per run, and ends with a table and where the results lie', async () => {
      const { code, stdout, stderr } = await run([
        '--compare',
        'abs,asgd',
        '--seeds',
        '2',
        '--time',
        '20',
        '--out',
        'cmp',
      ]);
      assert.equal(code, 0, stderr);
      assert.match(stderr, /4 runs to compare +directory=cmp/);
      for (const [number, which] of [
        'abs, seed 1',
        'asgd, seed 1',
        'abs, seed 2',
        'asgd, seed 2',
      ].entries()) {
        assert.match(stderr, new RegExp(`run ${number + 1} of 4: ${which} finished rounds=\\d+ time=\\d`));
      }
      const [abs, asgd] = (await readComparison(join(folder, 'cmp')))?.entries ?? [];
      assert.ok(abs !== undefined && asgd !== undefined);
      for (const { name, rounds, communicationRounds } of [abs, asgd]) {
        const [mean, communication] = [rounds.mean ?? 0, communicationRounds.mean ?? 0].map(Math.round);
        assert.match(stdout, new RegExp(`^  ${name} +2 +${mean} +\\d+ +${communication} `, 'm'));
      }
      assert.match(stdout, /^ {2}cmp\/comparison\.json$/m);
    });

    it('with --json prints comparison.json alone on standard output', async () => {
      const { code, stdout } = await run(['--compare', 'abs,asgd', '--time', '5', '--out', 'cmp', '--json']);
      assert.equal(code, 0);
      assert.equal(stdout, await readFile(join(folder, 'cmp', 'comparison.json'), 'utf8'));
      assert.equal(comparisonSchema.parse(parseExact(stdout)).status, 'finished');
    });

    it('ends at SIGINT with 130, and the same command goes on, in a folder that it finds again by itself', async () => {
      const args = ['--compare', 'asgd,k-async', '--rounds', '200'];
      const long = ['--seeds', '1000', '--straggler', 'constant'];
      const first = await run([...args, ...long], (line, child) => {
        if (line.includes('run 2 of 2000')) child.kill('SIGINT');
      });
      assert.equal(first.code, 130, first.stderr);
      assert.match(first.stderr, /stopped with [\d,]+ runs left; the same command goes on/);
      const [name = ''] = await readdir(join(folder, 'runs'));
      assert.match(name, /^compare-[0-9a-f]{8}$/);
      const directory = join(folder, 'runs', name);
      const finished =
        (await readComparison(directory))?.runs.filter(({ status }) => status === 'finished').length ?? 0;
      assert.ok(finished >= 2 && finished < 2000);
      const second = await run([...args, ...long], (line, child) => {
        if (line.includes('finished')) child.kill('SIGINT');
      });
      assert.equal(second.code, 130, second.stderr);
      assert.match(second.stderr, new RegExp(`2,000 runs to compare +kept=${finished} `));
      assert.deepEqual(await readdir(join(folder, 'runs')), [name]);
      assert.ok(!(await readdir(directory)).includes('comparison.lock'));
    });

    it('refuses the folder of another comparison with 2, and shows no stack', async () => {
      await run(['--compare', 'abs,asgd', '--time', '5', '--out', 'cmp']);
      const { code, stderr } = await run(['--compare', 'abs,asgd', '--time', '6', '--out', 'cmp']);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^error: --out is "cmp": it holds a comparison in which time of all runs was 5, and now it is 6; choose another folder, or set it back\n$/,
      );
    });

    it('exits with 1 when a run has failed, after making the others', async () => {
      const times = ['--straggler', 'constant', '--slowdown', '0:5', '--time', '2'];
      const { code, stderr } = await run(['--compare', 'abs,local-sgd', ...times, '--out', 'cmp']);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /error run 2 of 2: local-sgd, seed 1 failed: no round was closed/);
      assert.match(stderr, /1 run of 2 failed/);
      const record = await readComparison(join(folder, 'cmp'));
      assert.deepEqual(
        record?.runs.map(({ status }) => status),
        ['finished', 'failed'],
      );
    });
  });
});
