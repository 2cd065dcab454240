import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { createLiveScreen } from '../../src/telemetry/live-screen.js';
import { createLogger, type LogLevel } from '../../src/telemetry/logger.js';
import { createProgress } from '../../src/telemetry/progress.js';
import { fakeEvaluation, fakeHeader as header, fakeRound, fakeWorker } from './fake-run.js';
import { createManualClock } from './manual-clock.js';

function setUp({ isTTY = false, level = 'info' as LogLevel } = {}) {
  let text = '';
  const stream = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    }),
    { isTTY, columns: 100, rows: 40 },
  );
  const clock = createManualClock();
  const screen = createLiveScreen({ stream, clock, env: { NO_COLOR: '1' } });
  const lines: string[] = [];
  const logger = createLogger({
    level,
    destinations: [{ write: (line) => lines.push(line.slice('HH:MM:SS '.length)), format: 'plain' }],
  });
  const goal = { rounds: 400, time: null, targetAccuracy: null };
  const progress = createProgress({ screen, logger, clock, header, goal });
  return { clock, lines, progress, text: () => text };
}

describe('progress', () => {
  it('logs the start, every evaluation, and the rounds every few seconds', () => {
    const { clock, lines, progress } = setUp();
    for (let version = 1; version <= 24; version++) {
      clock.advance(0.5);
      progress.round(fakeRound(version));
      if (version % 12 === 0) progress.evaluation(fakeEvaluation(version));
    }
    progress.close();
    assert.deepEqual(lines, [
      'info  training starts policy=abs model=lenet dataset=cifar10 workers=10 backend=wasm threads=2 mode=local',
      'info  round 10 of=400 K=3 maxStaleness=6 loss=1.917 restarts=1 imagesPerSecond=1920 elapsed=0:05 left=3:15',
      'info  evaluation: 14.7 % of 10,000 test examples version=12 loss=1.917 elapsed=0:06',
      'info  round 20 of=400 K=3 maxStaleness=6 loss=1.643 accuracy=0.1476 restarts=2 imagesPerSecond=1920 elapsed=0:10 left=3:10',
      'info  evaluation: 19.0 % of 10,000 test examples version=24 loss=1.643 elapsed=0:12',
    ]);
  });

  it('warns of failures, with what comes next', () => {
    const { lines, progress } = setUp();
    const failure = { time: 1, worker: 3, incarnation: 1, reason: 'thread exited with code 1' };
    progress.failure({ ...failure, action: 'restarting', delaySeconds: 0.84 });
    progress.failure({ ...failure, action: 'given-up' });
    assert.deepEqual(lines.slice(1), [
      'warn  worker 3 failed (thread exited with code 1): restarting in 0.8 s',
      'warn  worker 3 failed (thread exited with code 1): given up, the run goes on without it',
    ]);
  });

  it('warns of rounds that close short when the reason changes', () => {
    const { lines, progress } = setUp();
    for (const [index, degraded] of [null, 'a', 'a', 'b', null, 'b'].entries()) {
      progress.round(fakeRound(index + 1, { degraded }));
    }
    assert.deepEqual(lines.slice(1), [
      'warn  round 2 closed short: a',
      'warn  round 4 closed short: b',
      'warn  round 6 closed short: b',
    ]);
  });

  it('draws on a terminal and logs only what needs attention', () => {
    const { clock, lines, progress, text } = setUp({ isTTY: true });
    progress.workers([fakeWorker(0), fakeWorker(1, { state: 'idle' })]);
    progress.round(fakeRound(1));
    progress.evaluation(fakeEvaluation(1));
    progress.notice('evaluating');
    clock.advance(0.1);
    progress.failure({ time: 1, worker: 1, incarnation: 1, reason: 'boom', action: 'restarting' });
    progress.close();
    progress.close();
    assert.deepEqual(lines, ['warn  worker 1 failed (boom): restarting']);
    assert.match(text(), /stalewart {2}abs · lenet on cifar10/);
    assert.match(text(), /round {5}1\/400/);
    assert.match(text(), /1 {2}○ idle/);
    assert.match(text(), /evaluating/);
    assert.match(text(), /1 crash/);
    assert.equal(clock.pending, 0);
  });
});
