/** What may be said about stragglers, and the one line that answers everything else. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { StalewartError } from '../../src/errors.js';
import { parseBursts } from '../../src/stragglers/bursts.js';
import { parseSlowdown } from '../../src/stragglers/slowdown.js';
import { parseStraggler } from '../../src/stragglers/parse-straggler.js';
import { createTaskTimes } from '../../src/stragglers/task-times.js';

/** The error line of something that must be refused. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof StalewartError);
    assert.equal(error.code, 'CONFIG');
    assert.ok(!error.message.includes('\n'));
    return error.message;
  }
  return assert.fail('nothing was refused');
}

describe('parseStraggler', () => {
  it('fills in the defaults of each law', () => {
    assert.deepEqual(parseStraggler('gamma:vtask=0.2'), { law: 'gamma', mean: 1, vtask: 0.2, vmach: 0.6 });
    assert.deepEqual(parseStraggler('exponential'), { law: 'exponential', mean: 1 });
    assert.deepEqual(parseStraggler('pareto:shape=3'), { law: 'pareto', shape: 3, mean: 1 });
    assert.deepEqual(parseStraggler(' none '), { law: 'none' });
  });

  it('reads objects as it reads text, and its own result again', () => {
    const spec = parseStraggler({ law: 'log-normal', mean: 2 });
    assert.deepEqual(spec, parseStraggler('log-normal:mean=2'));
    assert.deepEqual(parseStraggler(spec), spec);
  });

  const refused: [string, string][] = [
    [
      'gama',
      'one of none, constant, exponential, shifted-exponential, gamma, pareto, log-normal, weibull, empirical (did you mean "gamma"?)',
    ],
    [
      '',
      'one of none, constant, exponential, shifted-exponential, gamma, pareto, log-normal, weibull, empirical',
    ],
    ['exponential:mean=-1', 'exponential with mean a number above 0, and it is -1'],
    ['exponential:mean=0', 'exponential with mean a number above 0, and it is 0'],
    ['constant:mean=NaN', 'constant with mean a number above 0, and it is "NaN"'],
    ['constant:mean=Infinity', 'constant with mean a finite number above 0, and it is Infinity'],
    ['constant:mean=1e999', 'constant with mean a finite number above 0, and it is Infinity'],
    ['weibull:shape=0.01', 'weibull with shape a number of at least 0.05, and it is 0.01'],
    ['log-normal:cv=1e999', 'log-normal with cv a number above 0 and at most 100, and it is Infinity'],
    [
      'gamma:vmahc=0.6',
      'gamma with the parameters mean, vtask, vmach only, and "vmahc" is none of them (did you mean "vmach"?)',
    ],
    ['gamma:vtask=99', 'gamma with vtask a number from 0 to 10, and it is 99'],
    ['none:mean=1', 'none with no parameters, and "mean" is none of them'],
    [
      'pareto:shape=1,mean=2',
      'pareto with shape above 1 where its mean is given (use scale otherwise), and it is 1',
    ],
    ['pareto:mean=2,scale=1', 'pareto with either mean or scale, and both are given'],
    ['gamma:mean', 'LAW:name=value,name=value with each name once, and "mean" is not such a pair'],
    ['gamma:mean=1,mean=2', 'LAW:name=value,name=value with each name once, and "mean=2" is not such a pair'],
    ['gamma:', 'LAW:name=value,name=value with each name once, and "" is not such a pair'],
    ['gamma:law=none', 'LAW:name=value,name=value with each name once, and "law=none" is not such a pair'],
    ['empirical', 'empirical with file a text, and it is missing'],
  ];
  for (const [text, allowed] of refused) {
    it(`refuses "${text}"`, () => {
      assert.equal(
        refusal(() => parseStraggler(text)),
        `straggler is "${text}": it must be ${allowed}`,
      );
    });
  }
});

describe('traces of task times', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'stalewart-trace-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const fileWith = (text: string): string => {
    const file = join(folder, 'trace.csv');
    writeFileSync(file, text);
    return file;
  };
  const times = (text: string, workers: number) => {
    const spec = parseStraggler({ law: 'empirical', file: fileWith(text) });
    return createTaskTimes(spec, { workers, seed: 1 });
  };

  it('are drawn from with equal chances', () => {
    const taskTimes = times('# measured\n1.5\n2.5\n\n3.5\n', 1);
    const counts = new Map<number, number>();
    for (let attempt = 1; attempt <= 6_000; attempt++) {
      const time = taskTimes.taskTime(0, attempt);
      counts.set(time, (counts.get(time) ?? 0) + 1);
    }
    assert.deepEqual(
      [...counts.keys()].sort((a, b) => a - b),
      [1.5, 2.5, 3.5],
    );
    for (const count of counts.values()) assert.ok(Math.abs(count - 2_000) < 150);
    assert.equal(taskTimes.expectation(0).meanTime, 2.5);
  });

  it('give each worker its own times where they name workers', () => {
    const taskTimes = times('time,worker\r\n1,0\r\n7,1\r\n', 2);
    for (let attempt = 1; attempt < 20; attempt++) {
      assert.equal(taskTimes.taskTime(0, attempt), 1);
      assert.equal(taskTimes.taskTime(1, attempt), 7);
    }
  });

  const broken: [string, string][] = [
    ['', 'it holds no times'],
    ['time\n', 'it holds no times'],
    ['seconds\n1\n', 'its header "seconds" names no column time'],
    ['time\n1\nabc\n', 'the time in line 3 is "abc", not a number above 0'],
    ['1\n-2\n', 'the time in line 2 is "-2", not a number above 0'],
    ['1\nInfinity\n', 'the time in line 2 is "Infinity", not a number above 0'],
    ['time,worker\n1,a\n', 'the worker in line 2 is "a", not an index from 0'],
  ];
  for (const [text, detail] of broken) {
    it(`are refused when ${detail}`, () => {
      const file = fileWith(text);
      assert.equal(
        refusal(() => times(text, 1)),
        `straggler is "empirical:file=${file}": it must be a readable file of task times, and ${detail}`,
      );
    });
  }

  it('are refused when a worker is missing or the file is', () => {
    assert.match(
      refusal(() => times('time,worker\n1,0\n', 2)),
      /and it has none of worker 1$/,
    );
    const spec = parseStraggler({ law: 'empirical', file: join(folder, 'absent.csv') });
    assert.match(
      refusal(() => createTaskTimes(spec, { workers: 1, seed: 1 })),
      /ENOENT/,
    );
  });
});

describe('parseSlowdown', () => {
  it('reads text, lists and records', () => {
    assert.deepEqual(parseSlowdown('0:3, 4:5'), { '0': 3, '4': 5 });
    assert.deepEqual(parseSlowdown('all:2'), { all: 2 });
    assert.deepEqual(parseSlowdown([1, 2.5]), { '0': 1, '1': 2.5 });
    assert.deepEqual(parseSlowdown({ 3: 4 }), { '3': 4 });
    assert.deepEqual(parseSlowdown('none'), {});
  });

  const refused: [string, string][] = [
    ['3', '"3" has no colon'],
    ['0:0.5', 'the factor of 0 is 0.5'],
    ['0:x', 'the factor of 0 is "x"'],
    ['0:Infinity', 'the factor of 0 is Infinity, which is not finite'],
    ['-1:2', '"-1" is neither a worker\'s index nor all'],
    ['1.5:2', '"1.5" is neither a worker\'s index nor all'],
    ['0:2,0:3', '"0" is there twice'],
  ];
  for (const [text, detail] of refused) {
    it(`refuses "${text}"`, () => {
      const line = refusal(() => parseSlowdown(text));
      assert.equal(
        line,
        `slowdown is "${text}": it must be WORKER:FACTOR,… with factors of at least 1, such as 0:3,4:5, and ${detail}`,
      );
    });
  }
});

describe('parseBursts', () => {
  it('reads text and records', () => {
    const bursts = { '8': { on: 10, off: 30, factor: 4 }, all: { on: 5, off: 60, factor: 8 } };
    assert.deepEqual(parseBursts('8:on=10,off=30,factor=4; all:on=5,off=60,factor=8'), bursts);
    assert.deepEqual(parseBursts(bursts), bursts);
    assert.deepEqual(parseBursts('none'), {});
  });

  const refused: [string, string][] = [
    ['8', '"8" has no colon'],
    ['8:on=10,off=30', '8 has factor missing, which must be a number of at least 1'],
    ['8:on=0,off=30,factor=2', '8 has on 0, which must be a number above 0'],
    ['8:on=1,off=-1,factor=2', '8 has off -1, which must be a number above 0'],
    ['8:on=1e999,off=1,factor=2', '8 has on Infinity, which must be a finite number above 0'],
    ['8:on=1,off=1,factor=2,speed=1', '8 has "speed", which is none of on, off, factor'],
    ['x:on=1,off=1,factor=2', '"x" is neither a worker\'s index nor all'],
  ];
  for (const [text, detail] of refused) {
    it(`refuses "${text}"`, () => {
      assert.equal(
        refusal(() => parseBursts(text)),
        `bursts is "${text}": it must be WORKER:on=TIME,off=TIME,factor=F;…, such as 8:on=10,off=30,factor=4, and ${detail}`,
      );
    });
  }
});
