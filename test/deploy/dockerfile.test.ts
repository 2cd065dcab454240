/** deploy/Dockerfile, read by a parser of the format: what it copies is there, what it runs are scripts of the project. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Copy, DockerfileParser, Entrypoint } from 'dockerfile-ast';
import { deployText, projectFolder } from './support/manifests.js';

describe('deploy/Dockerfile', () => {
  const dockerfile = DockerfileParser.parse(deployText('Dockerfile'));
  const instructions = dockerfile.getInstructions();
  const argumentsOf = (keyword: string): string[] =>
    instructions
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((instruction) => instruction.getArgumentsContent() ?? '');

  it('has two stages from a pinned major version of Node that the project runs on', () => {
    const images = dockerfile.getFROMs().map((from) => from.getImage());
    assert.deepEqual(images, ['node:20-slim', 'node:20-slim']);
  });

  it('copies what is there, and what its ignore file lets through', () => {
    const ignore = deployText('Dockerfile.dockerignore').split('\n');
    const copied = instructions
      .filter((instruction) => instruction instanceof Copy)
      .filter((copy) => copy.getFromFlag() === null)
      .flatMap((copy) =>
        copy
          .getArguments()
          .slice(0, -1)
          .map((argument) => argument.getValue()),
      );
    assert.ok(copied.length >= 8);
    for (const path of copied) {
      assert.ok(existsSync(join(projectFolder, path)), path);
      assert.ok(ignore.includes(`!${path.replace(/^\.\//, '')}`), path);
    }
  });

  it('runs scripts that package.json has, and starts its program', () => {
    const manifest = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
      bin: Record<string, string>;
    };
    const scripts = argumentsOf('RUN').flatMap((text) =>
      [...text.matchAll(/npm run (\S+)/g)].map(([, name]) => name ?? ''),
    );
    assert.deepEqual(scripts, ['build']);
    for (const script of scripts) assert.ok(manifest.scripts[script]);
    const [entry] = instructions.filter((instruction) => instruction instanceof Entrypoint);
    assert.deepEqual(JSON.parse(entry?.getArgumentsContent() ?? ''), [
      'node',
      `/app/${manifest.bin['stalewart'] ?? ''}`,
    ]);
    assert.deepEqual(JSON.parse(argumentsOf('CMD')[0] ?? ''), ['doctor']);
  });

  it('does not run as root, and installs no development packages in what it ships', () => {
    const last = instructions.map((instruction) => instruction.getKeyword()).lastIndexOf('FROM');
    const shipped = instructions.slice(last);
    const users = shipped.filter((instruction) => instruction.getKeyword() === 'USER');
    assert.equal(users.at(-1)?.getArgumentsContent(), 'node');
    const installs = shipped
      .map((each) => each.getArgumentsContent() ?? '')
      .filter((text) => text.includes('npm ci'));
    assert.equal(installs.length, 1);
    assert.match(installs[0] ?? '', /npm ci --omit=dev /);
  });
});
