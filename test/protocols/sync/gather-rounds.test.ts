import assert from 'node:assert/strict';
import { EMPTY, NEVER, Subject, concat, from, throwError } from 'rxjs';
import type { EngineEvent } from '../../../protocols/sync/events.js';
import {
  gatherRounds,
  RoundEngineError,
  runRoundEngine,
  type Round,
} from '../../../protocols/sync/gather-rounds.js';
import { kAsync } from '../../../protocols/sync/policies/fixed-wait.js';
import { resolvePolicySettings } from '../../../protocols/sync/settings.js';

const options = {
  policy: kAsync.create(resolvePolicySettings({ workers: 2, waitCount: 2 })),
  workers: 2,
  localSteps: 1,
};

const join = (worker: number): EngineEvent => ({ type: 'worker-joined', time: 0, worker, incarnation: 1 });
const upload = (worker: number, attempt: number, finite = true): EngineEvent => ({
  type: 'update-arrived',
  time: attempt,
  updateId: `${worker}.1.${attempt}`,
  worker,
  incarnation: 1,
  attempt,
  baseVersion: attempt - 1,
  steps: 1,
  samples: 32,
  loss: 1,
  firstLoss: 1,
  finite,
});
const twoRounds = [join(0), join(1), upload(0, 1), upload(1, 1), upload(1, 2), upload(0, 2)];

interface Seen {
  readonly rounds: Round[];
  error: unknown;
  complete: boolean;
}

function watch(): [Seen, { next(round: Round): void; error(error: unknown): void; complete(): void }] {
  const seen: Seen = { rounds: [], error: undefined, complete: false };
  return [
    seen,
    {
      next: (round) => seen.rounds.push(round),
      error: (error) => {
        seen.error = error;
      },
      complete: () => {
        seen.complete = true;
      },
    },
  ];
}

describe('gatherRounds', () => {
  it('emits a round for every commit, with its time and contributions in order of arrival', () => {
    const [seen, observer] = watch();
    from(twoRounds).pipe(gatherRounds(options)).subscribe(observer);
    assert.deepEqual(
      seen.rounds.map(({ time, commit }) => [
        time,
        commit.version,
        commit.contributions.map((c) => c.worker),
      ]),
      [
        [1, 1, [0, 1]],
        [2, 2, [1, 0]],
      ],
    );
    assert.equal(seen.complete, true);
  });

  it('emits nothing for an empty source and completes; nothing for a silent one', () => {
    const [empty, emptyObserver] = watch();
    EMPTY.pipe(gatherRounds(options)).subscribe(emptyObserver);
    assert.deepEqual([empty.rounds.length, empty.complete], [0, true]);
    const [never, neverObserver] = watch();
    NEVER.pipe(gatherRounds(options)).subscribe(neverObserver).unsubscribe();
    assert.deepEqual([never.rounds.length, never.complete], [0, false]);
  });

  it('passes an error of the source on, after the rounds before it', () => {
    const [seen, observer] = watch();
    const broken = new Error('broken');
    concat(
      from(twoRounds),
      throwError(() => broken),
    )
      .pipe(gatherRounds(options))
      .subscribe(observer);
    assert.equal(seen.rounds.length, 2);
    assert.equal(seen.error, broken);
  });

  it('errors when the engine fails', () => {
    const [seen, observer] = watch();
    from([join(0), upload(0, 1, false)])
      .pipe(gatherRounds(options))
      .subscribe(observer);
    assert.ok(seen.error instanceof RoundEngineError);
    assert.equal(seen.error.code, 'non-finite');
  });

  it('completes and leaves its source when the run is finished', () => {
    const [seen, observer] = watch();
    const source = new Subject<EngineEvent>();
    source.pipe(gatherRounds({ ...options, maxRounds: 1 })).subscribe(observer);
    for (const event of twoRounds) source.next(event);
    assert.equal(seen.rounds.length, 1);
    assert.equal(seen.complete, true);
    assert.equal(source.observed, false);
  });

  it('leaves its source on early unsubscribe', () => {
    const source = new Subject<EngineEvent>();
    source.pipe(gatherRounds(options)).subscribe().unsubscribe();
    assert.equal(source.observed, false);
  });

  it('starts afresh for every subscriber', () => {
    const rounds$ = from(twoRounds).pipe(gatherRounds(options));
    const [first, firstObserver] = watch();
    const [second, secondObserver] = watch();
    rounds$.subscribe(firstObserver);
    rounds$.subscribe(secondObserver);
    assert.deepEqual(second.rounds, first.rounds);
  });
});

describe('runRoundEngine', () => {
  it('goes on from a state as if it had never stopped', () => {
    const whole: unknown[] = [];
    from(twoRounds)
      .pipe(runRoundEngine(options))
      .subscribe((step) => whole.push(step));
    const parts: unknown[] = [];
    let state: Parameters<NonNullable<Parameters<typeof runRoundEngine>[2]>>[0] | undefined;
    from(twoRounds.slice(0, 3))
      .pipe(runRoundEngine<unknown>(options, undefined, (s) => (state = s)))
      .subscribe((step) => parts.push(step));
    from(twoRounds.slice(3))
      .pipe(runRoundEngine<unknown>(options, state))
      .subscribe((step) => parts.push(step));
    assert.deepEqual(parts, whole);
  });
});
