import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Effect, EngineEvent, EngineStep } from '../../protocols/sync/events.js';
import {
  createJournalDecoder,
  createJournalEncoder,
  journalHeader,
} from '../../src/telemetry/journal-codec.js';
import { fakeSteps } from './fake-run.js';

const record = <T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> =>
  fc.record<T>(model, { noNullPrototype: true });

const id = fc.nat({ max: 4 });
const time = fc.double({ noNaN: true });
const real = fc.double();
const text = fc.string({ maxLength: 8 });
const updateId = fc.oneof(fc.constantFrom('0.1.1', '1.1.2', '2.2.1'), text);

const event: fc.Arbitrary<EngineEvent> = fc.oneof(
  record({ type: fc.constant('worker-joined' as const), time, worker: id, incarnation: id }),
  record({
    type: fc.constant('worker-lost' as const),
    time,
    worker: id,
    incarnation: id,
    reason: text,
    returns: fc.boolean(),
  }),
  record({
    type: fc.constant('update-arrived' as const),
    time,
    updateId,
    worker: id,
    incarnation: id,
    attempt: id,
    baseVersion: id,
    steps: id,
    samples: id,
    loss: real,
    firstLoss: real,
    finite: fc.boolean(),
  }),
  record({ type: fc.constant('deadline-passed' as const), time, deadline: text }),
  record({
    type: fc.constant('stop-requested' as const),
    time,
    when: fc.constantFrom('finish-round' as const, 'now' as const),
    reason: text,
  }),
);

const contribution = record({
  updateId,
  worker: id,
  baseVersion: id,
  staleness: id,
  weight: real,
  loss: real,
  firstLoss: real,
  steps: id,
  samples: id,
});

const commitFields = {
  type: fc.constant('commit' as const),
  version: id,
  waitCount: id,
  maxStaleness: fc.option(real),
  contributions: fc.array(contribution, { maxLength: 3 }),
  scale: real,
  loss: real,
  degraded: fc.option(text),
  staleness: fc.array(fc.tuple(id, id), { maxLength: 3 }),
  reason: text,
};

const effect: fc.Arbitrary<Effect> = fc.oneof(
  record({
    type: fc.constant('accumulate' as const),
    updateId,
    worker: id,
    staleness: id,
    weight: real,
    reason: text,
  }),
  record({
    type: fc.constant('discard' as const),
    updateId,
    worker: id,
    reason: fc.constantFrom('duplicate' as const, 'non-finite' as const),
    detail: text,
  }),
  record(commitFields),
  record({ ...commitFields, kept: fc.array(updateId, { minLength: 1, maxLength: 3 }) }),
  record({
    type: fc.constant('assign' as const),
    worker: id,
    incarnation: id,
    attempt: id,
    version: id,
    localSteps: id,
    reason: fc.constantFrom('joined' as const, 'refreshed' as const, 'restarted' as const),
  }),
  record({
    type: fc.constant('cancel' as const),
    worker: id,
    incarnation: id,
    attempt: id,
    staleness: id,
    reason: text,
  }),
  record({ type: fc.constant('schedule' as const), deadline: text, at: real }),
  record({
    type: fc.constant('ignore' as const),
    event: fc.constantFrom('worker-joined' as const, 'worker-lost' as const),
    reason: text,
  }),
  record({ type: fc.constant('fail' as const), code: fc.constant('no-workers' as const), reason: text }),
  record({ type: fc.constant('finish' as const), reason: text }),
);

const step: fc.Arbitrary<EngineStep> = record({ event, effects: fc.array(effect, { maxLength: 5 }) });

function roundTrip(steps: readonly EngineStep[]): (EngineStep | null)[] {
  const encode = createJournalEncoder();
  const decode = createJournalDecoder();
  decode(journalHeader('r'));
  return steps.map((one) => decode(encode(one)));
}

const bytesPerUpdate = (steps: readonly EngineStep[]): number => {
  const encode = createJournalEncoder();
  const bytes = steps.reduce((sum, one) => sum + Buffer.byteLength(encode(one)) + 1, 0);
  return bytes / steps.filter((one) => one.event.type === 'update-arrived').length;
};

describe('journal codec', () => {
  it('gives back every step, whatever it holds', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        assert.deepStrictEqual(roundTrip(steps), steps);
      }),
    );
  });

  it('gives back the steps of a run', () => {
    const steps = fakeSteps({ workers: 5, waitCount: 2, maxStaleness: 3, updates: 200 });
    assert.deepStrictEqual(roundTrip(steps), steps);
  });

  it('keeps a loss that is not finite, and -0', () => {
    const lost: EngineStep = {
      event: {
        type: 'update-arrived',
        time: -0,
        updateId: 'Infinity',
        worker: 1,
        incarnation: 1,
        attempt: 1,
        baseVersion: 0,
        steps: 10,
        samples: 320,
        loss: Number.NaN,
        firstLoss: Number.POSITIVE_INFINITY,
        finite: false,
      },
      effects: [],
    };
    assert.deepStrictEqual(roundTrip([lost]), [lost]);
  });

  for (const [workers, waitCount, maxStaleness] of [
    [10, 1, 20],
    [10, 3, 6],
    [20, 20, 1],
    [200, 1, Number.POSITIVE_INFINITY],
  ] as const) {
    it(`takes at most 400 bytes an update: ${workers} workers, K = ${waitCount}, bound ${maxStaleness}`, () => {
      const bytes = bytesPerUpdate(fakeSteps({ workers, waitCount, maxStaleness, updates: 2000 }));
      assert.ok(bytes <= 400, `${bytes} bytes`);
    });
  }

  it('leaves out what follows from the lines above, and writes the rest by name', () => {
    const steps = fakeSteps({ workers: 2, waitCount: 1, maxStaleness: 9, updates: 2 });
    const encode = createJournalEncoder();
    const lines = steps.map((one) => encode(one));
    assert.equal(
      lines[0],
      '{"event":{"type":"worker-joined","time":0,"worker":0,"incarnation":1},"effects":[{"type":"assign","worker":0,"localSteps":10}]}',
    );
    const update = JSON.parse(lines[3] ?? '');
    assert.deepEqual(Object.keys(update.event), ['type', 'time', 'worker', 'loss', 'firstLoss']);
    assert.deepEqual(update.effects.map(Object.keys), [
      ['type', 'staleness'],
      ['type', 'version', 'waitCount', 'maxStaleness'],
      ['type', 'worker'],
    ]);
  });

  it('starts afresh at a header line, so that a resumed run may append', () => {
    const steps = fakeSteps({ workers: 3, waitCount: 2, maxStaleness: 3, updates: 20 });
    const first = createJournalEncoder();
    const second = createJournalEncoder();
    const lines = [
      journalHeader('r'),
      ...steps.slice(0, 11).map((one) => first(one)),
      journalHeader('r'),
      ...steps.slice(11).map((one) => second(one)),
    ];
    const decode = createJournalDecoder();
    assert.deepStrictEqual(
      lines.map((line) => decode(line)).filter((one) => one !== null),
      steps,
    );
  });

  it('refuses a line before the header, an unknown format, an unknown field and a missing one', () => {
    const decode = createJournalDecoder();
    assert.throws(() => decode('{"event":{"type":"deadline-passed","time":1,"deadline":"d"}}'));
    assert.throws(() => decode('{"journal":2,"run":"r"}'));
    decode(journalHeader('r'));
    assert.throws(
      () => decode('{"event":{"type":"deadline-passed","time":1,"deadline":"d","more":1}}'),
      /more/,
    );
    assert.throws(() => decode('{"event":{"type":"deadline-passed","time":1}}'), /deadline/);
    assert.throws(() => decode('{"event":{"type":"surprise","time":1}}'), /type/);
  });
});
