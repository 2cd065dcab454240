/** The documents say what the code does: the tables of settings, the examples, the example job. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import type { z } from 'zod';
import type { Policy } from '../../protocols/sync/policy.js';
import { findPolicy, modifiers, policies, policyNames } from '../../protocols/sync/registry.js';
import { serverOptimizers } from '../../src/compute/server-optimizers/registry.js';
import { allowedText } from '../../src/config/allowed.js';
import { readConfigFile } from '../../src/config/config-file.js';
import { resolveTrainConfig } from '../../src/config/resolve.js';
import { unusedSettings } from '../../src/config/unused-settings.js';
import { settings } from '../../src/config/settings.js';
import { parseBursts } from '../../src/stragglers/bursts.js';
import { parseSlowdown } from '../../src/stragglers/slowdown.js';
import { parseStraggler, stragglerLaws } from '../../src/stragglers/parse-straggler.js';
import { stragglerSchema } from '../../src/stragglers/straggler-spec.js';
import { compareDoc } from './configuration-doc.js';

const project = new URL('../../../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, project), 'utf8');

describe('docs/configuration.md', () => {
  it('lists the settings of the schema (node dist/test/config/update-configuration-doc.js brings it up to date)', () => {
    const { found, wanted } = compareDoc();
    assert.equal(found, wanted);
  });

  it('has a description of every setting', () => {
    for (const { name, description, kind, value } of settings) {
      assert.ok(description.length > 5, name);
      assert.equal(value === undefined, kind === 'boolean', name);
    }
  });
});

describe('docs/policies.md', () => {
  const text = read('docs/policies.md');

  it('lists every policy, with the settings that it reads', () => {
    for (const { name, uses } of policies) {
      const row = new RegExp(`^\\| \`${name}\` \\|.*\\|([^|]*)\\|$`, 'm').exec(text)?.[1];
      assert.ok(row !== undefined, name);
      const stated = [...row.matchAll(/`(\w+)`/g)].map(([, setting]) => setting);
      assert.deepEqual(stated.sort(), [...uses].sort(), name);
    }
  });

  it('says of every modifier which policies it does not fit', () => {
    for (const { prefix, source } of modifiers) {
      const row = new RegExp(`^\\| \`${prefix}\` \\|[^|]*\\|([^|]*)\\|([^|]*)\\|$`, 'm').exec(text);
      const stated = [...(row?.[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
      const misfits = policyNames.filter((name) => findPolicy(`${prefix}${name}`) === undefined);
      assert.deepEqual(stated, misfits, prefix);
      assert.equal(row?.[2]?.trim(), source);
    }
  });

  it('lists every hook that a policy may have', () => {
    const hooks: Readonly<Record<Exclude<keyof Policy, 'name'>, true>> = {
      counts: true,
      initial: true,
      waitCount: true,
      isFull: true,
      maxStaleness: true,
      stalenessTest: true,
      admit: true,
      restarts: true,
      pause: true,
      waitsFor: true,
      timeLimit: true,
      overran: true,
      parts: true,
      correction: true,
      scale: true,
      committed: true,
    };
    const rows = [...text.slice(text.indexOf('| hook |')).matchAll(/^\| `(\w+)[(`]/gm)];
    assert.deepEqual(rows.map(([, hook = '']) => hook).sort(), Object.keys(hooks).sort());
  });
});

describe('docs/server-optimizers.md', () => {
  it('lists every server optimizer with its source, its rate and what it reads', () => {
    const text = read('docs/server-optimizers.md');
    const rows = [...text.matchAll(/^\| `([a-z][\w-]*)` \|(.*)\|(.*)\|(.*)\|(.*)\|$/gm)].map(
      ([, name = '', , rate = '', reads = '', source = '']) => [
        name,
        Number(rate),
        [...reads.matchAll(/`(\w+)`/g)].map(([, setting]) => setting),
        source.trim(),
      ],
    );
    assert.deepEqual(
      rows,
      Object.values(serverOptimizers).map(({ name, learningRate, uses, source }) => [
        name,
        learningRate,
        uses,
        source,
      ]),
    );
  });
});

describe('docs/stragglers.md', () => {
  const text = read('docs/stragglers.md');

  it('explains every law, with the defaults that it has', () => {
    for (const law of stragglerLaws) {
      const row = new RegExp(`^\\| \`${law}\` \\|([^|]*)\\|`, 'm').exec(text)?.[1];
      assert.ok(row !== undefined, law);
      const stated = [...row.matchAll(/`(\w+)=([\d.]+)`/g)].map(([, name, value]) => [name, Number(value)]);
      if (law === 'empirical') continue;
      const { law: _name, ...defaults } = parseStraggler(law);
      assert.deepEqual(Object.fromEntries(stated), defaults);
    }
  });

  it('states the limits that are enforced', () => {
    const limits = text.slice(text.indexOf('\nLimits'));
    const rows = [...limits.matchAll(/^\| (`.*`.*) \| (a number .*) \|$/gm)];
    const stated = new Map(
      rows.flatMap(([, names = '', allowed = '']) => names.split(', ').map((name) => [name, allowed])),
    );
    const enforced = new Map<string, string>();
    for (const { shape } of stragglerSchema.options) {
      const { law, ...parameters } = shape as Readonly<Record<string, z.ZodType>> & typeof shape;
      for (const [name, schema] of Object.entries(parameters)) {
        if (name === 'file') continue;
        // The shapes of two laws have limits of their own.
        const key = name === 'shape' ? `\`shape\` of \`${law.value}\`` : `\`${name}\``;
        const allowed = allowedText(schema);
        assert.equal(enforced.get(key) ?? allowed, allowed, key);
        enforced.set(key, allowed);
      }
    }
    assert.deepEqual([...stated].sort(), [...enforced].sort());
  });

  it('has examples that are right', () => {
    let examples = 0;
    for (const [, flag, quoted, bare] of text.matchAll(
      /--(straggler|slowdown|bursts) (?:"([^"]*)"|([^\s`…]+))/g,
    )) {
      const value = quoted ?? bare ?? '';
      if (value === '') continue;
      if (flag === 'straggler') parseStraggler(value);
      else if (flag === 'slowdown') parseSlowdown(value);
      else parseBursts(value);
      examples += 1;
    }
    assert.ok(examples >= 9, `${examples} examples`);
  });
});

describe('examples/cifar10.yaml', () => {
  it('is a configuration of which every setting is used', () => {
    const { values } = readConfigFile(fileURLToPath(new URL('examples/cifar10.yaml', project)));
    const config = resolveTrainConfig(values);
    assert.equal(config.policy, 'abs');
    assert.equal(config.straggler.law, 'gamma');
    assert.deepEqual(unusedSettings(values, config), []);
  });
});
