/** Bad input on the command line: one line on standard error, exit code 2, nothing on standard output. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { runCli } from './run-cli.js';

const policies =
  'abs, ada-sync, ada-k-sync, k-async, k-sync, k-batch-sync, k-batch-async, asgd, sync, local-sgd, ssp, ringmaster, ringmaster-stops, ' +
  'rennala, ringleader, mindflayer, dc-asgd, fedasync, fedbuff, diloco, delayed-nesterov, ' +
  'or one of them with sa- (staleness-aware) or ga- (gap-aware) before it';
const laws =
  'none, constant, exponential, shifted-exponential, gamma, pareto, log-normal, weibull, empirical';

describe('bad input on the command line', () => {
  const cases: [string, string][] = [
    ['trian', "unknown command 'trian' (Did you mean train?)"],
    ['train --compare abs,k-async', "unknown option '--compare': 'simulate' has it, 'train' has not"],
    ['train --polcy abs', "unknown option '--polcy' (Did you mean --policy?)"],
    ['train --json=maybe', "option '--json' takes no value (its opposite is '--no-json')"],
    ['train --no-k-monotone=1', "option '--no-k-monotone' takes no value (its opposite is '--k-monotone')"],
    [
      'server --run r',
      '--nats is "none": it must be the address of NATS servers: workers find the server there',
    ],
    ['server --nats localhost', '--run is "none": it must be a name: workers find the server by it'],
    [
      'server --nats localhost --run r --processes 2',
      '--processes is 2: it must be none for a server (start workers with stalewart worker)',
    ],
    ['worker --run r', '--nats is "none": it must be the address of the NATS servers of the run'],
    ['worker --nats localhost', '--run is "none": it must be the name that the server was given'],
    [
      'worker --nats localhost --run r --slots many',
      '--slots is "many": it must be an integer from 1 to 1000',
    ],
    ['worker --nats localhost --run a.b', '--run is "a.b": it must be 1 to 128 letters, digits, - and _'],
    [
      'worker --nats localhost --run r --name a.b',
      '--name is "a.b": it must be 1 to 64 letters, digits, - and _',
    ],
    ['worker --workers 3', "unknown option '--workers': 'train' has it, 'worker' has not"],
    [
      'train --workers 2 --processes 3',
      '--processes is 3: it must be at most the number of workers, which is 2',
    ],
    ['doctor --json=', "option '--json' takes no value"],
    ['train --polcy=abs', "unknown option '--polcy' (Did you mean --policy?)"],
    ['train --jsonn=maybe', "unknown option '--jsonn' (Did you mean --json?)"],
    ['train --temperature=3', "unknown option '--temperature'"],
    ['train --policy', "option '--policy <NAME>' argument missing"],
    ['train a.yaml b.yaml', "too many arguments for 'train'. Expected 1 argument but got 2."],
    ['train --policy abss', `--policy is "abss": it must be one of ${policies} (did you mean "abs"?)`],
    [
      'train --policy sa-abss',
      `--policy is "sa-abss": it must be one of ${policies} (did you mean "sa-abs"?)`,
    ],
    [
      'simulate --policy ga-dc-asgd',
      '--policy is "ga-dc-asgd": it must be one that ga- (gap-aware) fits, which dc-asgd is not: it corrects deltas itself',
    ],
    [
      'train --model lennet',
      '--model is "lennet": it must be one of lenet, mlp, resnet8, or the path of a module that exports createModel (did you mean "lenet"?)',
    ],
    ['train --workers 4 --k0 5', '--k0 is 5: it must be at most the number of workers, which is 4'],
    ['train --a 0', '--a is 0: it must be a number above 0 or Infinity'],
    ['train --a -2', '--a is -2: it must be a number above 0 or Infinity'],
    ['train --a much', '--a is "much": it must be a number above 0 or Infinity'],
    ['train --local-steps 0', '--local-steps is 0: it must be an integer from 1 to 100000'],
    ['train --policy sync --local-steps 5', '--local-steps is 5: it must be 1 with the policy sync'],
    ['train --straggler gama', `--straggler is "gama": it must be one of ${laws} (did you mean "gamma"?)`],
    [
      'train --straggler gamma:vmach=-1',
      '--straggler is "gamma:vmach=-1": it must be gamma with vmach a number from 0 to 10, and it is -1',
    ],
    [
      'train --straggler pareto:shape=0.5,mean=1',
      '--straggler is "pareto:shape=0.5,mean=1": it must be pareto with shape above 1 where its mean is given (use scale otherwise), and it is 0.5',
    ],
    [
      'train --straggler constant:mean=1e999',
      '--straggler is "constant:mean=1e999": it must be constant with mean a finite number above 0, and it is Infinity',
    ],
    [
      'train --dataset synthetic:size=0',
      '--dataset is "synthetic:size=0": it must be synthetic with size an integer from 4 to 256, and it is 0',
    ],
    ['train --batch-size 1e9', '--batch-size is 1000000000: it must be an integer from 1 to 65536'],
    ['train --seed 1.5', '--seed is 1.5: it must be an integer from 0 to 2^53 − 1'],
    ['train --loss-smoothing 1', '--loss-smoothing is 1: it must be a number of at least 0 and below 1'],
    ['train --heartbeat 3', '--suspect-after is 3: it must be more than --heartbeat, which is 3'],
    ['train absent.yaml', 'the configuration file absent.yaml cannot be read: there is no such file'],
    ['data', "missing required argument 'name'"],
    [
      'doctor --nats http://x',
      '--nats is "http://x": it must be nats://HOST:PORT or tls://HOST:PORT, several separated by commas',
    ],
  ];
  for (const [command, line] of cases) {
    it(command, async () => {
      assert.deepEqual(await runCli(command.split(' ')), {
        exitCode: 2,
        stdout: '',
        stderr: `error: ${line}\n`,
      });
    });
  }

  it('a misspelt data set is met with a suggestion', async () => {
    const { exitCode, stderr } = await runCli(['train', '--dataset', 'cifar-10']);
    assert.equal(exitCode, 2);
    assert.match(stderr, /^error: --dataset is "cifar-10": it must be .* \(did you mean "cifar10"\?\)\n$/);
  });

  it('a folder in the place of a model is met with what a model is', async () => {
    const folder = tmpdir();
    const allowed = 'one of lenet, mlp, resnet8, or the path of a module that exports createModel';
    assert.deepEqual(await runCli(['train', '--model', folder]), {
      exitCode: 2,
      stdout: '',
      stderr: `error: --model is ${JSON.stringify(folder)}: it must be ${allowed}, and it is a folder\n`,
    });
  });

  it('several mistakes are several lines', async () => {
    const { exitCode, stderr } = await runCli(['train', '--k0', '0', '--threads', 'x', '--policy', 'k-synk']);
    assert.equal(exitCode, 2);
    assert.deepEqual(stderr.trimEnd().split('\n'), [
      'error: --k0 is 0: it must be an integer of at least 1',
      'error: --threads is "x": it must be an integer from 1 to 1024',
      `error: --policy is "k-synk": it must be one of ${policies} (did you mean "k-sync"?)`,
    ]);
  });
});

describe('bad input in a file', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const cases: [string, string, string][] = [
    [
      'an unknown key',
      'policy: abs\nbatch_size: 3\n',
      'batch_size (FILE:2) is not a setting (did you mean "batchSize"?)',
    ],
    [
      'a wrong value',
      '\nlocalSteps: 0\n',
      'localSteps (FILE:2) is 0: it must be an integer from 1 to 100000',
    ],
    ['a repeated key', 'k0: 1\nk0: 2\n', 'FILE:2 is not valid YAML: Map keys must be unique'],
    ['two documents', 'k0: 1\n---\nk0: 2\n', 'FILE:2 begins a second document: the file must hold one'],
    ['a list', '- k0\n', 'FILE must hold a map of settings, such as "policy: abs"'],
  ];
  for (const [name, text, line] of cases) {
    it(name, async () => {
      const file = join(folder, 'job.yaml');
      writeFileSync(file, text);
      assert.deepEqual(await runCli(['train', file]), {
        exitCode: 2,
        stdout: '',
        stderr: `error: ${line.replace('FILE', file)}\n`,
      });
    });
  }

  it('is overruled by a flag that is right', async () => {
    const file = join(folder, 'job.yaml');
    writeFileSync(file, 'k0: 99\nbatchSize: 0\n');
    const { stderr } = await runCli(['train', file, '--k0', '2']);
    assert.equal(stderr, `error: batchSize (${file}:2) is 0: it must be an integer from 1 to 65536\n`);
  });
});

describe('the program answers a mistake', () => {
  it('before it loads TensorFlow.js, NATS, nact or RxJS', async () => {
    // A loader hook that names every module on standard error.
    const hook = `import { writeSync } from 'node:fs';
    export async function resolve(name, context, next) {
      const found = await next(name, context);
      writeSync(2, 'loaded ' + found.url + '\\n');
      return found;
    }`;
    const hookUrl = `data:text/javascript,${encodeURIComponent(hook)}`;
    const register = `import { register } from 'node:module'; register(${JSON.stringify(hookUrl)});`;
    const nodeOptions = ['--import', `data:text/javascript,${encodeURIComponent(register)}`];
    const { exitCode, stderr } = await runCli(['train', '--k0', '99'], nodeOptions);
    assert.equal(exitCode, 2);
    const loaded = stderr.split('\n').filter((line) => line.startsWith('loaded '));
    assert.ok(
      loaded.some((line) => line.includes('/zod/')),
      'the hook works',
    );
    const heavy = loaded.filter((line) =>
      /@tensorflow|\/node_modules\/(nats|nact|rxjs|pacote|winston)\//.test(line),
    );
    assert.deepEqual(heavy, []);
  });
});
