/** The words of error lines: what a schema allows, guesses at misspelt names, and numbers in text. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { z } from 'zod';
import { allowedText, allowsNull, choicesOf, valueKind } from '../../src/config/allowed.js';
import { didYouMean, nearest } from '../../src/config/did-you-mean.js';
import { parseNumber } from '../../src/config/parse-number.js';
import { datasetNames } from '../../src/config/known-names.js';
import { datasetNames as loadable } from '../../src/data/index.js';

describe('allowedText', () => {
  const cases: [z.ZodType, string][] = [
    [z.int(), 'an integer'],
    [z.int().min(1), 'an integer of at least 1'],
    [z.int().min(1).max(9), 'an integer from 1 to 9'],
    [z.number().positive(), 'a number above 0'],
    [z.number().positive().max(1).nullable(), 'a number above 0 and at most 1 or none'],
    [z.number().min(0).lt(1).default(0.5), 'a number of at least 0 and below 1'],
    [z.boolean(), 'true or false'],
    [z.enum(['a', 'b']), 'one of a, b'],
    [z.string(), 'a text'],
  ];
  for (const [schema, text] of cases) {
    it(text, () => assert.equal(allowedText(schema), text));
  }

  it('tells an infinite value to be finite, where nothing else speaks against it', () => {
    assert.equal(allowedText(z.number().positive(), Infinity), 'a finite number above 0');
    assert.equal(allowedText(z.number().positive(), -Infinity), 'a number above 0');
    assert.equal(allowedText(z.number().min(0).max(10), Infinity), 'a number from 0 to 10');
  });

  it('goes with the kind, the choices and whether none is allowed', () => {
    assert.equal(valueKind(z.int().nullable()), 'number');
    assert.equal(valueKind(z.number().or(z.literal(Infinity)).optional()), 'number');
    assert.equal(valueKind(z.boolean().default(true)), 'boolean');
    assert.equal(valueKind(z.union([z.string(), z.array(z.number())])), 'text');
    assert.equal(allowsNull(z.int().nullable().default(null)), true);
    assert.equal(allowsNull(z.int().optional()), false);
    assert.deepEqual(choicesOf(z.enum(['a', 'b']).default('a')), ['a', 'b']);
  });
});

describe('a guess at a misspelt word', () => {
  const names = ['batchSize', 'evalEvery', 'k0', 'workers', 'localSteps'];

  it('ignores case and separators', () => {
    for (const word of ['batch-size', 'batch_size', 'BatchSize', 'batchsize']) {
      assert.equal(nearest(word, names), 'batchSize');
    }
  });

  it('forgives slips of the finger', () => {
    assert.equal(nearest('wrokers', names), 'workers');
    assert.equal(nearest('localStep', names), 'localSteps');
    assert.equal(didYouMean('evaEvery', names), ' (did you mean "evalEvery"?)');
  });

  it('is not made where nothing is near', () => {
    assert.equal(didYouMean('temperature', names), '');
    assert.equal(didYouMean('', names), '');
  });
});

describe('numbers in text', () => {
  it('are read as people write them', () => {
    assert.deepEqual(['3', '-2.5', '.5', '1e-3', ' 7 ', 'Infinity', 'inf', '.inf'].map(parseNumber), [
      3,
      -2.5,
      0.5,
      1e-3,
      7,
      Infinity,
      Infinity,
      Infinity,
    ]);
  });

  it('are nothing else', () => {
    for (const text of ['', ' ', '0x10', 'NaN', '12px', '1e', '1,000', '--1', '1 2']) {
      assert.equal(parseNumber(text), undefined, text);
    }
  });
});

describe('the names of data sets', () => {
  it('are those that can be loaded', () => {
    assert.deepEqual([...datasetNames].sort(), [...loadable].sort());
  });
});
