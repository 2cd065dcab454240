import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { createLineWriter } from '../../src/telemetry/line-writer.js';

/** A stream that holds each chunk until `release`. */
function slowStream(highWaterMark: number) {
  const written: string[] = [];
  const held: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark,
    decodeStrings: false,
    write(chunk, _encoding, done) {
      written.push(String(chunk));
      held.push(done);
    },
  });
  return { stream, written, release: () => held.shift()?.() };
}

const failingStream = (cause: Error): Writable =>
  new Writable({ write: (_chunk, _encoding, done) => done(cause) });

const isSettled = async (promise: Promise<void>): Promise<boolean> => {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
};

describe('line writer', () => {
  it('writes lines in order and closes the stream', async () => {
    const chunks: string[] = [];
    const stream = new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    const writer = createLineWriter(stream, { onError: assert.ifError });
    await writer.write('one');
    await writer.write('two');
    await writer.close();
    assert.equal(chunks.join(''), 'one\ntwo\n');
    assert.equal(stream.closed, true);
  });

  it('holds the caller back while the disk is behind', async () => {
    const { stream, release } = slowStream(8);
    const writer = createLineWriter(stream, { onError: assert.ifError });
    assert.equal(await isSettled(writer.write('1234')), true);
    const second = writer.write('5678');
    assert.equal(await isSettled(second), false);
    release();
    release();
    await second;
  });

  it('reports a failing disk once, and drops what follows', async () => {
    const errors: Error[] = [];
    const cause = new Error('no space left on device');
    const writer = createLineWriter(failingStream(cause), { onError: (error) => errors.push(error) });
    await writer.write('one');
    await writer.write('two');
    await writer.close();
    await writer.write('three');
    assert.deepEqual(errors, [cause]);
  });

  it('lets waiting callers go when the disk fails', async () => {
    const { stream } = slowStream(1);
    const errors: string[] = [];
    const writer = createLineWriter(stream, { onError: (error) => errors.push(error.message) });
    const waiting = writer.write('held');
    stream.destroy(new Error('gone'));
    await waiting;
    await writer.close();
    assert.deepEqual(errors, ['gone']);
  });

  it('gives up rather than fill the memory when nobody waits', async () => {
    const { stream } = slowStream(8);
    const errors: string[] = [];
    const writer = createLineWriter(stream, {
      onError: (error) => errors.push(error.message),
      limitBytes: 100,
    });
    for (let line = 0; line < 50; line++) void writer.write('0123456789');
    assert.equal(errors.length, 1);
    assert.match(errors[0] ?? '', /1\d\d bytes wait to be written/);
    await writer.close();
  });

  it('may be closed twice', async () => {
    const { stream, release } = slowStream(8);
    const writer = createLineWriter(stream, { onError: assert.ifError });
    void writer.write('one');
    const closings = [writer.close(), writer.close()];
    release();
    await Promise.all(closings);
  });
});
