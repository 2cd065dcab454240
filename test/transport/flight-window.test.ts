import assert from 'node:assert/strict';
import { createFlightWindow } from '../../src/transport/flight-window.js';

/** A server that answers round trips when the test says so. */
function manualFlush(): { flush: () => Promise<void>; answer: (error?: Error) => void; asked: () => number } {
  const open: { resolve: () => void; reject: (error: Error) => void }[] = [];
  let asked = 0;
  return {
    flush: () => {
      asked += 1;
      return new Promise((resolve, reject) => open.push({ resolve, reject }));
    },
    answer: (error) => {
      const oldest = open.shift();
      if (error === undefined) oldest?.resolve();
      else oldest?.reject(error);
    },
    asked: () => asked,
  };
}

/** Whether a promise is settled once all that is ready to run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  return settled;
}

describe('flight window', () => {
  it('has room up to its size, then waits for the oldest round trip', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    for (let sent = 0; sent < 4; sent++) {
      await window.room(25);
      window.launched(25);
    }
    assert.equal(server.asked(), 4);
    const room = window.room(25);
    assert.ok(!(await isSettled(room)));
    server.answer();
    await room;
  });

  it('makes no round trip for each of many small messages', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    for (let sent = 0; sent < 24; sent++) window.launched(1);
    assert.equal(server.asked(), 0);
    window.launched(1);
    assert.equal(server.asked(), 1);
  });

  it('asks for the round trip that it waits for', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    window.launched(20);
    const room = window.room(90);
    assert.equal(server.asked(), 1);
    server.answer();
    await room;
  });

  it('lets a message pass that is longer than the window, alone', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    await window.room(500);
    window.launched(500);
    const room = window.room(1);
    assert.ok(!(await isSettled(room)));
    server.answer();
    await room;
  });

  it('counts a failed round trip as over', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    window.launched(100);
    const room = window.room(1);
    server.answer(new Error('cut'));
    await room;
  });

  it('says of every message when it has landed, unless that is never known', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    const landed: number[] = [];
    const launch = (bytes: number) => window.launched(bytes, () => landed.push(bytes));
    launch(10);
    launch(15);
    launch(30);
    assert.equal(server.asked(), 2);
    assert.deepEqual(landed, []);
    server.answer();
    await window.room(60);
    assert.deepEqual(landed, [10, 15]);
    server.answer(new Error('cut'));
    await window.landed();
    assert.deepEqual(landed, [10, 15]);
  });

  it('tells when all has landed', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    window.launched(30);
    window.launched(10);
    const landed = window.landed();
    server.answer();
    assert.ok(!(await isSettled(landed)));
    server.answer();
    await landed;
  });

  it('lets everybody go once abandoned', async () => {
    const server = manualFlush();
    const window = createFlightWindow(100, server.flush);
    window.launched(100);
    const waiting = Promise.all([window.room(100), window.room(100), window.landed()]);
    window.abandon();
    await waiting;
    await window.room(100);
  });
});
