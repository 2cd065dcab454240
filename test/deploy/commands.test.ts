/** Every `stalewart` command in deploy/ is read by the program itself: its commands, flags and values exist. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createProgram, type ProgramContext, runProgram } from '../../src/cli/program.js';
import { serverCommand } from '../../src/cli/server.js';
import { workerCommand } from '../../src/cli/worker.js';
import {
  compose,
  deployText,
  kubernetesObjects,
  projectFolder,
  readUnit,
  systemdUnits,
  valuesOf,
} from './support/manifests.js';

/** What the units take from their environment, by the examples in them. */
const environment: Readonly<Record<string, string>> = {
  NATS_URL: 'tls://nats-1:4222,tls://nats-2:4222,tls://nats-3:4222',
  RUN: 'demo',
  SLOTS: '4',
  POD_NAME: 'stalewart-worker-7d4b9-x2x',
};

function commands(): readonly (readonly [string, readonly string[]])[] {
  const services = Object.entries(
    compose()['services'] as Record<string, { image: string; command: string[] }>,
  );
  const containers = kubernetesObjects().flatMap(([file, object]) =>
    valuesOf(object, 'containers').flatMap((list) =>
      (list as { args: string[] }[]).map(({ args }) => [`kubernetes/${file}`, args] as const),
    ),
  );
  const units = systemdUnits().flatMap((file) =>
    (readUnit(deployText(join('systemd', file))).get('Service') ?? []).flatMap(([name, value]) => {
      const [program, ...args] = value.split(' ');
      return name === 'ExecStart' && program === '/usr/bin/stalewart'
        ? [[`systemd/${file}`, args] as const]
        : [];
    }),
  );
  return [
    ...services
      .filter(([, { image }]) => image === 'stalewart')
      .map(([name, { command }]) => [`compose.yaml: ${name}`, command] as const),
    ...containers,
    ...units,
  ].map(([where, args]) => [where, args.map(expanded)] as const);
}

function expanded(text: string): string {
  return text.replaceAll(/\$[{(](\w+)[)}]/g, (_, name: string) => {
    assert.ok(environment[name], name);
    return environment[name];
  });
}

describe('the commands in deploy/', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-'));
    const [, map] = kubernetesObjects().find(([, { kind }]) => kind === 'ConfigMap') ?? [];
    assert.ok(map);
    const { 'run.yaml': text = '' } = map['data'] as Record<string, string>;
    assert.ok(parse(text));
    writeFileSync(join(folder, 'run.yaml'), text);
  });

  after(() => rmSync(folder, { recursive: true }));

  const all = commands();
  it('are six', () => assert.equal(all.length, 6));

  for (const [where, args] of all) {
    it(`${where}: ${args[0] ?? ''} can be run`, async () => {
      const said: string[] = [];
      const context: ProgramContext = {
        writeOut: (text) => said.push(text),
        writeError: (text) => said.push(text),
        colour: false,
        exitCode: 0,
      };
      const ran: string[] = [];
      const program = createProgram(
        '0',
        [
          serverCommand(context, async ({ config }) => {
            ran.push(`server ${String(config.run)}`);
            return 0;
          }),
          workerCommand(context, async ({ run }) => {
            ran.push(`worker ${run}`);
            return 0;
          }),
        ],
        context,
      );
      const here = args.map((arg) =>
        arg
          .replace(/^\/etc\/stalewart\/run\.yaml$/, join(folder, 'run.yaml'))
          .replace(/^\/app\//, projectFolder),
      );
      assert.equal(await runProgram(program, here, context), 0, said.join(''));
      assert.deepEqual(ran, [`${args[0] ?? ''} demo`]);
    });
  }

  it('would be found out', async () => {
    const context: ProgramContext = { writeOut: () => {}, writeError: () => {}, colour: false, exitCode: 0 };
    const program = createProgram('0', [workerCommand(context, async () => 0)], context);
    assert.equal(
      await runProgram(program, ['worker', '--nats=nats://a', '--run=r', '--slotz=1'], context),
      2,
    );
  });
});
