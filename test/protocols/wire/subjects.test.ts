import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  announceSubject,
  eventsSubject,
  lobbyInbox,
  lobbySubject,
  parseSubject,
  patternProblem,
  processNameSchema,
  processSubject,
  runIdSchema,
  serverInbox,
  serverSubject,
  subjectMatches,
  subjectProblem,
  workerSubject,
} from '../../../protocols/wire/subjects.js';

const runs = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/);
const processes = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const workers = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('subjects', () => {
  it('are read back as they were made', () => {
    fc.assert(
      fc.property(runs, processes, workers, (run, process, worker) => {
        const made = [
          [serverSubject(run, process, worker), { family: 'server', process, worker }],
          [workerSubject(run, process, worker), { family: 'worker', process, worker }],
          [lobbySubject(run, process), { family: 'lobby', process, worker: null }],
          [processSubject(run, process), { family: 'process', process, worker: null }],
          [announceSubject(run), { family: 'announce', process: null, worker: null }],
          [eventsSubject(run), { family: 'events', process: null, worker: null }],
        ] as const;
        for (const [subject, address] of made) {
          assert.deepEqual(parseSubject(subject), { run, ...address });
          assert.equal(subjectProblem(subject), null);
          assert.equal(subjectMatches(serverInbox(run), subject), address.family === 'server');
          assert.equal(subjectMatches(lobbyInbox(run), subject), address.family === 'lobby');
        }
      }),
    );
  });

  it('exist for valid runs, processes and workers only', () => {
    for (const run of ['', 'a.b', 'a b', '*', '>', 'ü', 'a'.repeat(129)]) {
      assert.throws(() => serverSubject(run, 'p', 0), /^RangeError: run is /);
      assert.ok(!runIdSchema.safeParse(run).success);
    }
    for (const process of ['', 'a.b', 'a b', '*', '>', 'ü', 'a'.repeat(65)]) {
      assert.throws(() => lobbySubject('run', process), /^RangeError: process is /);
      assert.ok(!processNameSchema.safeParse(process).success);
    }
    for (const worker of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => workerSubject('run', 'p', worker), /^RangeError: worker is /);
    }
  });

  it('other than a run’s are not read as one', () => {
    const others = [
      'stalewart.run.server',
      'stalewart.run.server.p',
      'stalewart.run.server.p.1.2',
      'stalewart.run.server.p.01',
      'stalewart.run.server.p.99999999999999999',
      'stalewart.run.server.p.-1',
      'stalewart.run.server.p q.1',
      'stalewart.run.monitor.p.1',
      'stalewart.run.lobby',
      'stalewart.run.lobby.p.1',
      'stalewart.run.announce.p',
      'stalewart.ru n.server.p.1',
      'other.run.server.p.1',
      '',
    ];
    for (const subject of others) assert.equal(parseSubject(subject), null, subject);
  });

  it('have no empty token, white space, control character or wildcard where one publishes', () => {
    for (const subject of [
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      'a b',
      'a\tb',
      'a\u0000',
      'a.*',
      'a.>',
      'a'.repeat(256),
    ]) {
      assert.notEqual(subjectProblem(subject), null, JSON.stringify(subject));
    }
    for (const subject of ['a', 'a.b-c_d.0', 'ü.ß']) assert.equal(subjectProblem(subject), null, subject);
  });

  it('may have wildcards as whole tokens where one subscribes', () => {
    for (const pattern of ['*', '>', 'a.*.b', 'a.>', '*.*'])
      assert.equal(patternProblem(pattern), null, pattern);
    for (const pattern of ['a*', '>.a', 'a.>.b', 'a.b>', '*a.b'])
      assert.notEqual(patternProblem(pattern), null, pattern);
  });

  it('match patterns token by token', () => {
    const matches: readonly [string, string, boolean][] = [
      ['a.b', 'a.b', true],
      ['a.b', 'a.b.c', false],
      ['a.b.c', 'a.b', false],
      ['a.*', 'a.b', true],
      ['a.*', 'a', false],
      ['a.*', 'a.b.c', false],
      ['*.b', 'a.b', true],
      ['a.>', 'a.b.c', true],
      ['a.>', 'a', false],
      ['>', 'a', true],
    ];
    for (const [pattern, subject, expected] of matches) {
      assert.equal(subjectMatches(pattern, subject), expected, `${pattern} and ${subject}`);
    }
  });
});
