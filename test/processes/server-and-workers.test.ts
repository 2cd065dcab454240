/** `stalewart server` and `stalewart worker` as programs of their own, over a real nats-server. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filter, firstValueFrom, take, toArray } from 'rxjs';
import type { EngineStep } from '../../protocols/sync/events.js';
import type { ToProcess } from '../../protocols/wire/lobby-messages.js';
import { eventsSubject, lobbyInbox, lobbySubject, processSubject } from '../../protocols/wire/subjects.js';
import { serve } from '../../src/index.js';
import { createJournalDecoder } from '../../src/telemetry/journal-codec.js';
import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { smallRun } from '../run/fixtures/small-run.js';
import { startNatsServer } from '../support/nats-server.js';
import { endPrograms, type Program, startProgram } from './programs.js';

const settings = `
dataset: synthetic:examples=640,test=200,size=8,channels=1
model: mlp
workers: 4
policy: k-async
waitCount: 2
localSteps: 2
batchSize: 16
learningRate: 0.05
threads: 1
heartbeat: 0.2
deadAfter: 60
uploadRetry: 0.5
evalEvery: 20
`;

describe('server and workers as programs', () => {
  let nats: Awaited<ReturnType<typeof startNatsServer>>;
  let folder: string;
  const transports: Transport[] = [];
  beforeEach(async () => {
    nats = await startNatsServer();
    folder = await mkdtemp(join(tmpdir(), 'stalewart-processes-'));
    await writeFile(join(folder, 'job.yaml'), settings);
  });
  afterEach(async () => {
    await endPrograms();
    for (const transport of transports.splice(0)) await transport.close();
    await nats.stop();
    await rm(folder, { recursive: true });
  });

  const run = 'run-1';
  // Patient, since the machine that tests may be busy.
  const busy = ['--threads', '1', '--slots', '2', '--patience', '250'];
  const server = (...args: string[]): Program =>
    startProgram(['server', 'job.yaml', '--nats', nats.url, '--run', run, ...args], folder);
  const worker = (name: string, ...args: string[]): Program =>
    startProgram(['worker', '--nats', nats.url, '--run', run, '--name', name, ...busy, ...args], folder);
  const connect = async (): Promise<Transport> => {
    const transport = await connectNatsTransport({ url: nats.url });
    transports.push(transport);
    return transport;
  };
  const steps = async (out: string): Promise<readonly EngineStep[]> => {
    const [header = '', ...lines] = (await readFile(join(folder, out, 'journal.jsonl'), 'utf8'))
      .trim()
      .split('\n');
    const decode = createJournalDecoder();
    return [header, ...lines].map(decode).filter((step) => step !== null);
  };

  it('find each other in any order, train, and end together', async () => {
    const first = worker('node-1');
    await first.line(/waiting for the server of run "run-1", 250 s at most/);
    const events = firstValueFrom(
      (await (await connect()).subscribe(eventsSubject(run))).pipe(take(40), toArray()),
    );
    const led = server('--rounds', '300', '--out', 'out');
    const second = worker('node-2');
    await first.line(/working as workers \d, \d/);
    await second.line(/working as workers \d, \d/);
    assert.equal(await led.ended, 0, led.lines.join('\n'));
    assert.equal(await first.ended, 0, first.lines.join('\n'));
    assert.equal(await second.ended, 0, second.lines.join('\n'));
    await first.line(/the run has finished: 300 rounds/);
    await led.line(/process node-1 entered with workers \d, \d: stalewart \d/);
    const summary = JSON.parse(await readFile(join(folder, 'out', 'summary.json'), 'utf8')) as {
      rounds: number;
    };
    assert.equal(summary.rounds, 300);
    const kinds = new Set(
      (await events).map(({ header }) => (header.type === 'event' ? header.kind : header.type)),
    );
    assert.ok(kinds.has('round') && kinds.has('process'), [...kinds].join());
  });

  it('a worker that is killed is replaced by one of the same name, with the same workers; nothing is applied twice', async () => {
    const led = server('--rounds', '400', '--out', 'out', '--straggler', 'constant:mean=0.02');
    const [first, second] = [worker('node-1'), worker('node-2')];
    const mine = (await first.line(/working as/)).replace(/.*working/, 'working');
    await second.line(/working as/);
    await led.line(/evaluation: /);
    first.kill('SIGKILL');
    assert.equal(await first.ended, null);
    const again = worker('node-1');
    assert.ok((await again.line(/working as/)).endsWith(mine));
    await led.line(/process node-1 lost with workers \d, \d: its next life has entered/);
    assert.equal(await led.ended, 0, led.lines.join('\n'));
    assert.equal(await again.ended, 0);
    const all = await steps('out');
    const commits = all.flatMap(({ effects }) =>
      effects.flatMap((effect) => (effect.type === 'commit' ? [effect] : [])),
    );
    const applied = commits.flatMap(({ contributions }) => contributions.map(({ updateId }) => updateId));
    assert.equal(commits.length, 400);
    assert.equal(new Set(applied).size, applied.length);
    const [worker0 = ''] = /\d/.exec(mine) ?? [];
    assert.ok(
      applied.some((id) => id.startsWith(`${worker0}.2.`)),
      'its second incarnation contributes',
    );
  });

  it('a worker that is told to stop takes its leave, and the run waits for others', async () => {
    const led = server('--rounds', '100000', '--out', 'out');
    const only = worker('node-1');
    await led.line(/evaluation: /);
    only.kill('SIGTERM');
    assert.equal(await only.ended, 0);
    await only.line(/left the run: SIGTERM/);
    await led.line(/process node-1 left with workers \d, \d: SIGTERM/);
    const next = worker('node-2');
    await next.line(/working as/);
    led.kill('SIGINT');
    assert.equal(await led.ended, 130);
    assert.equal(await next.ended, 0);
    await next.line(/the run has been stopped: stopped by the user/);
  });

  it('the second server of a run is refused by one line, and the first goes on', async () => {
    const led = server('--out', 'out');
    await led.line(/training starts/);
    const second = server('--out', 'other');
    assert.equal(await second.ended, 4);
    const errors = second.lines.filter((line) => line.startsWith('error: '));
    assert.deepEqual(errors, [
      'error: --run "run-1" cannot be served: another server leads it (epoch 1) on these NATS servers; stop that one, or choose another name with --run',
    ]);
    const one = worker('node-1');
    await one.line(/working as/);
  });

  it('a worker says what it waits for, and gives up when its patience is used up', async () => {
    const lost = worker('node-1', '--patience', '2');
    assert.equal(await lost.ended, 4);
    await lost.line(/waiting for the server of run "run-1", 2 s at most/);
    assert.match(lost.lines.at(-1) ?? '', /^error: no server of run "run-1" was heard for 2 s: start one/);
  });

  it('a worker of another version of the protocol is told both versions, and the server says so too', async () => {
    const led = serve({ ...smallRun, nats: nats.url, run });
    await led.ready;
    const transport = await connect();
    const answers = firstValueFrom(await transport.subscribe(processSubject(run, 'old')));
    const noticed = firstValueFrom(
      led.notices$.pipe(filter(({ message }) => message.includes('process old refused'))),
    );
    const header = { type: 'enter', run, process: 'old', life: 'a', protocol: 7, slots: 1 } as const;
    await transport.send(lobbySubject(run, 'old'), {
      header: { ...header, version: '0.0.1', backend: 'wasm' },
      tensor: null,
    });
    const answer = (await answers).header;
    assert.ok(answer.type === 'refuse' && !answer.again);
    assert.match(answer.reason, /version 7 of the protocol, this server version 1/);
    assert.match((await noticed).message, /version 7 of the protocol, this server version 1/);
    await led.stop('now').catch(() => undefined);
  });

  it('a server of another version of the protocol is a clear line at the worker', async () => {
    const transport = await connect();
    (await transport.subscribe(lobbyInbox(run))).subscribe(({ header }) => {
      if (header.type !== 'enter') return;
      const { process, life } = header;
      const refuse: ToProcess = {
        type: 'refuse',
        run,
        process,
        life,
        protocol: 2,
        again: false,
        reason: 'too old',
      };
      void transport.send(processSubject(run, process), { header: refuse, tensor: null });
    });
    const old = worker('node-1');
    assert.equal(await old.ended, 4);
    assert.equal(
      old.lines.at(-1),
      'error: the server of run "run-1" does not take process "node-1" (protocol 1 here, 2 there): too old',
    );
  });

  it('a data set module that differs from the server’s is refused by one line with both hashes', async () => {
    const module = (scale: number): string => `
      export const createDataset = () => {
        const inputs = Float32Array.from({ length: 320 * 9 }, (_, i) => ${scale} * Math.sin(i));
        const labels = Uint8Array.from({ length: 320 }, (_, i) => i % 2);
        const split = { inputs, labels };
        return { name: 'mine', inputShape: [3, 3, 1], classes: 2, train: split, test: split };
      };`;
    for (const [where, scale] of [
      ['here', 1],
      ['there', 2],
    ] as const) {
      await mkdir(join(folder, where));
      await writeFile(join(folder, where, 'mine.mjs'), module(scale));
    }
    await writeFile(join(folder, 'here', 'job.yaml'), settings.replace(/dataset: .*/, 'dataset: mine.mjs'));
    const args = ['--nats', nats.url, '--run', run];
    const led = startProgram(['server', 'job.yaml', ...args, '--rounds', '20'], join(folder, 'here'));
    await led.line(/training starts/);
    const other = startProgram(['worker', ...args, '--modules', 'there'], folder);
    assert.equal(await other.ended, 4);
    assert.match(
      other.lines.at(-1) ?? '',
      /^error: dataset "mine\.mjs" differs: here it has SHA-256 [0-9a-f]{64}, at the server [0-9a-f]{64}: use the same file/,
    );
    await led.line(/process .* left with worker 0: dataset "mine\.mjs" differs/);
    const same = startProgram(['worker', ...args, '--slots', '2', '--modules', 'here'], folder);
    assert.equal(await same.ended, 0, same.lines.join('\n'));
    assert.equal(await led.ended, 0);
  });
});
