/** The timeline: who did what from one event to the next, worked out by hand. */
import assert from 'node:assert/strict';
import type { Effect, EngineStep } from '../../protocols/sync/events.js';
import { type Span, TimelineFold, type TimelineOptions } from '../../src/report/timeline.js';
import { someSteps } from './stored-run.js';

const assign = (worker: number, reason: 'joined' | 'refreshed' | 'restarted' = 'refreshed'): Effect => ({
  type: 'assign',
  worker,
  incarnation: 1,
  attempt: 1,
  version: 0,
  localSteps: 1,
  reason,
});
const cancel = (worker: number): Effect => ({
  type: 'cancel',
  worker,
  incarnation: 1,
  attempt: 1,
  staleness: 2,
  reason: 'stale',
});
const accumulate = (worker: number): Effect => ({
  type: 'accumulate',
  updateId: 'u',
  worker,
  staleness: 0,
  weight: 1,
  reason: 'counts',
});
const at = (time: number, ...effects: Effect[]): EngineStep => ({
  event: { type: 'deadline-passed', time, deadline: 'd' },
  effects,
});

function timelineOf(steps: readonly EngineStep[], options: TimelineOptions) {
  const fold = new TimelineFold(options);
  for (const step of steps) fold.step(step);
  return fold.timeline();
}

const text = ({ worker, activity, from, to }: Span): string => `${worker} ${activity} ${from}–${to}`;

describe('timeline', () => {
  const steps = [
    at(0, assign(0, 'joined'), assign(1, 'joined')),
    at(2, accumulate(0)),
    at(3, cancel(1), assign(0), assign(1, 'restarted')),
    at(5, accumulate(1)),
    at(6, assign(1)),
  ];

  it('tells work that counted, work in vain, waiting, and restarts', () => {
    const timeline = timelineOf(steps, { workers: 2 });
    assert.deepEqual(timeline?.spans.map(text).sort(), [
      '0 computed 0–2',
      '0 computed 3–6',
      '0 waited 2–3',
      '1 computed 3–5',
      '1 dropped 0–3',
      '1 waited 5–6',
    ]);
    assert.deepEqual(timeline?.restarts, [{ worker: 1, time: 3 }]);
  });

  it('is cut at the ends of the stretch', () => {
    const timeline = timelineOf(steps, { workers: 2, from: 1, to: 4 });
    assert.deepEqual(timeline?.spans.map(text).sort(), [
      '0 computed 1–2',
      '0 computed 3–4',
      '0 waited 2–3',
      '1 computed 3–4',
      '1 dropped 1–3',
    ]);
    assert.deepEqual([timeline?.from, timeline?.to], [1, 4]);
    assert.equal(timelineOf(steps, { workers: 2, from: 7 }), null);
  });

  it('shows a crash and what was lost with it', () => {
    const lost = {
      type: 'worker-lost',
      time: 2,
      worker: 0,
      incarnation: 1,
      reason: 'crash',
      returns: true,
    } as const;
    const back = { type: 'worker-joined', time: 5, worker: 0, incarnation: 2 } as const;
    const timeline = timelineOf(
      [
        at(0, assign(0, 'joined')),
        { event: lost, effects: [] },
        { event: back, effects: [assign(0, 'joined')] },
        at(7),
      ],
      { workers: 1 },
    );
    assert.deepEqual(timeline?.spans.map(text), ['0 dropped 0–2', '0 absent 2–5', '0 computed 5–7']);
  });

  it('ends by itself after 12 tasks per worker, and says so', () => {
    const fold = new TimelineFold({ workers: 4 });
    const uploads: number[] = [];
    for (const step of someSteps(400)) {
      if (fold.full) break;
      fold.step(step);
      if (step.event.type === 'update-arrived') uploads.push(step.event.time);
    }
    assert.equal(uploads.length, 48);
    assert.equal(fold.timeline()?.to, uploads.at(-1));
  });

  it('leaves no worker doing two things at once, and none doing nothing', () => {
    const timeline = timelineOf(someSteps(400), { workers: 4, from: 3, to: 40 });
    assert.ok(timeline !== null);
    for (const worker of timeline.workers) {
      const spans = timeline.spans
        .filter((span) => span.worker === worker)
        .sort((left, right) => left.from - right.from);
      assert.equal(spans[0]?.from, 3);
      assert.equal(spans.at(-1)?.to, 40);
      spans.slice(1).forEach((span, index) => assert.equal(span.from, spans[index]?.to));
    }
  });

  it('takes some of very many workers', () => {
    const timeline = timelineOf([at(0, assign(0)), at(1)], { workers: 1000 });
    assert.equal(timeline?.workers.length, 32);
    assert.deepEqual(timeline?.workers.slice(0, 3), [0, 31, 62]);
  });
});
