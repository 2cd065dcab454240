import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { StalewartError } from '../../src/errors.js';
import { createLogger, type LogDestination, streamDestination } from '../../src/telemetry/logger.js';

const now = () => new Date(2030, 0, 2, 3, 4, 5);

function memory(options: Omit<LogDestination, 'write'>): LogDestination & { readonly lines: string[] } {
  const lines: string[] = [];
  return { ...options, lines, write: (text) => lines.push(text) };
}

describe('logger', () => {
  it('writes time, level, message and fields on one line', () => {
    const out = memory({ format: 'plain' });
    const logger = createLogger({ destinations: [out], now });
    logger.info('round 12', { K: 3, loss: 1.23456789, reason: 'full round', bound: null });
    assert.deepEqual(out.lines, ['03:04:05 info  round 12 K=3 loss=1.23457 reason="full round" bound=null']);
  });

  it('has levels: info and above by default', () => {
    const out = memory({ format: 'plain' });
    const logger = createLogger({ destinations: [out], now });
    logger.debug('d');
    logger.info('i');
    logger.warn('w');
    logger.error('e');
    assert.deepEqual(out.lines, ['03:04:05 info  i', '03:04:05 warn  w', '03:04:05 error e']);
  });

  it('gives each destination its own level and format', () => {
    const plain = memory({ format: 'plain', level: 'warn' });
    const json = memory({ format: 'json' });
    const logger = createLogger({ level: 'debug', destinations: [plain, json], now });
    logger.debug('quiet', { worker: 1 });
    logger.warn('loud', { loss: Number.NaN });
    assert.deepEqual(plain.lines, ['03:04:05 warn  loud loss=NaN']);
    assert.deepEqual(
      json.lines.map((line) => JSON.parse(line)),
      [
        { worker: 1, time: now().toISOString(), level: 'debug', message: 'quiet' },
        { loss: 'NaN', time: now().toISOString(), level: 'warn', message: 'loud' },
      ],
    );
  });

  it('keeps its own fields when an entry brings fields of the same names', () => {
    const json = memory({ format: 'json' });
    const plain = memory({ format: 'plain' });
    const logger = createLogger({ destinations: [json, plain], now });
    logger.info('real', { message: 'fake', level: 'error' });
    assert.deepEqual(JSON.parse(json.lines[0] ?? ''), {
      message: 'real',
      level: 'info',
      time: now().toISOString(),
    });
    assert.deepEqual(plain.lines, ['03:04:05 info  real message=fake level=error']);
  });

  it('takes a destination later on', () => {
    const late = memory({ format: 'plain' });
    const logger = createLogger({ destinations: [], now });
    logger.info('lost');
    logger.add(late);
    logger.info('kept');
    assert.deepEqual(late.lines, ['03:04:05 info  kept']);
  });

  it('cannot be made to break a line or command the terminal', () => {
    const out = memory({ format: 'plain' });
    createLogger({ destinations: [out], now }).warn('bad\nline\u001B[2J', {
      reason: 'x\u001B]0;title\u0007\ny',
    });
    assert.equal(out.lines.length, 1);
    for (const control of ['\n', '\u001B', '\u0007']) assert.equal(out.lines[0]?.includes(control), false);
  });

  it('shows the stack of an unforeseen error, and one line of a foreseen one', () => {
    const out = memory({ format: 'plain' });
    const logger = createLogger({ destinations: [out], now });
    logger.error('it broke', { error: new Error('boom') });
    logger.error('it broke', { error: new StalewartError('DATA', 'no data') });
    assert.match(out.lines[0] ?? '', /^03:04:05 error it broke error=boom\n {4}at /);
    assert.equal(out.lines[1], '03:04:05 error it broke error="no data"');
  });

  it('colours plain lines only where asked', () => {
    const out = memory({ format: 'plain', colour: true });
    createLogger({ destinations: [out], now }).warn('loud');
    assert.equal(out.lines[0], '\u001B[2m03:04:05\u001B[22m \u001B[33mwarn \u001B[39m loud');
  });

  it('outlives a reader that goes away', () => {
    let writes = 0;
    const stream = new Writable({
      write(_chunk, _encoding, done) {
        writes += 1;
        done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      },
    });
    const destination = streamDestination(stream, { format: 'plain' });
    const logger = createLogger({ destinations: [destination], now });
    return new Promise<void>((resolve) => {
      stream.on('error', () => {
        logger.info('two');
        assert.equal(writes, 1);
        resolve();
      });
      logger.info('one');
    });
  });
});
