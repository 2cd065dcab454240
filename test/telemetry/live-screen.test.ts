import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { asciiGlyphs } from '../../src/telemetry/glyphs.js';
import { createLiveScreen } from '../../src/telemetry/live-screen.js';
import { createManualClock } from './manual-clock.js';

/** Stands for a terminal; `screen` is what one would see, by the few control sequences that are used. */
function fakeTerminal({ isTTY = true, columns = 40, rows = 20 } = {}) {
  let text = '';
  let writes = 0;
  const stream = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        text += String(chunk);
        writes += 1;
        done();
      },
    }),
    { isTTY, columns, rows },
  );
  const screen = (): string[] => {
    const lines = [''];
    let row = 0;
    let column = 0;
    for (const [token] of text.replaceAll('\u001B', '␛').matchAll(/␛\[\??\d*[A-Za-z]|[^␛]/gu)) {
      const count = Number(/\d+/.exec(token)?.[0] ?? 1);
      if (token === '\n') {
        row += 1;
        column = 0;
      } else if (token === '\r' || token === '␛[G') column = 0;
      else if (/^␛\[\d*A$/u.test(token)) row = Math.max(0, row - count);
      else if (/^␛\[\d*B$/u.test(token)) row += count;
      else if (token === '␛[2K') lines[row] = '';
      else if (token === '␛[K') lines[row] = (lines[row] ?? '').slice(0, column);
      else if (!token.startsWith('␛')) {
        const line = (lines[row] ?? '').padEnd(column);
        lines[row] = line.slice(0, column) + token + line.slice(column + 1);
        column += 1;
      }
      while (lines.length <= row) lines.push('');
    }
    return lines;
  };
  return { stream, screen, text: () => text, writes: () => writes };
}

describe('live screen', () => {
  it('draws at once, then at most ten times a second, and once a second when nothing happens', () => {
    const terminal = fakeTerminal();
    const clock = createManualClock();
    const screen = createLiveScreen({ stream: terminal.stream, clock, env: {} });
    let frames = 0;
    screen.start(() => `frame ${++frames}`);
    assert.equal(frames, 1);
    for (let event = 0; event < 100; event++) {
      screen.invalidate();
      clock.advance(0.01);
    }
    assert.ok(frames >= 10 && frames <= 11, `${frames} frames in a second`);
    const before = frames;
    clock.advance(3.05);
    assert.ok(
      frames - before >= 3 && frames - before <= 4,
      `${frames - before} frames in three idle seconds`,
    );
    screen.stop();
    assert.deepEqual(terminal.screen(), [`frame ${frames}`, '']);
    assert.equal(clock.pending, 0);
  });

  it('prints lines above the display, in order, with nothing left of old frames', () => {
    const terminal = fakeTerminal();
    const clock = createManualClock();
    const screen = createLiveScreen({ stream: terminal.stream, clock, env: {} });
    screen.print('before');
    let frame = 0;
    screen.start(() => `head ${frame}\n${'long '.repeat(5 - frame)}\nend`);
    for (frame = 1; frame <= 3; frame++) {
      screen.print(`line ${frame}`);
      screen.print(`more ${frame}`);
      clock.advance(0.1);
    }
    frame = 3;
    screen.stop();
    screen.print('after');
    assert.deepEqual(
      terminal.screen().map((line) => line.trimEnd()),
      [
        'before',
        'line 1',
        'more 1',
        'line 2',
        'more 2',
        'line 3',
        'more 3',
        'head 3',
        'long long',
        'end',
        'after',
        '',
      ],
    );
  });

  it('loses no line that waits when it stops', () => {
    const terminal = fakeTerminal();
    const screen = createLiveScreen({ stream: terminal.stream, clock: createManualClock(), env: {} });
    screen.start(() => 'frame');
    screen.print('last words');
    screen.stop();
    screen.stop();
    assert.deepEqual(terminal.screen(), ['last words', 'frame', '']);
  });

  it('does not write while the display stays the same', () => {
    const terminal = fakeTerminal();
    const clock = createManualClock();
    const screen = createLiveScreen({ stream: terminal.stream, clock, env: {} });
    screen.start(() => 'same');
    const length = terminal.text().replaceAll('\u001B[2K\r', '').length;
    clock.advance(10);
    assert.equal(terminal.text().replaceAll('\u001B[2K\r', '').length, length);
    screen.stop();
  });

  it('draws anew for the new size, and takes back the rows that the old frame was broken into', () => {
    const terminal = fakeTerminal({ columns: 40 });
    const screen = createLiveScreen({ stream: terminal.stream, clock: createManualClock(), env: {} });
    const sizes: number[] = [];
    screen.start(({ columns }) => {
      sizes.push(columns);
      return 'x'.repeat(columns - 1);
    });
    const before = terminal.text().length;
    terminal.stream.columns = 20;
    terminal.stream.emit('resize');
    assert.deepEqual(sizes, [40, 20]);
    // 39 columns take two rows of 20; the cursor's own row is the third.
    const erased = terminal.text().slice(before).split('\u001B[2K').length - 1;
    assert.ok(erased >= 3);
    assert.ok(terminal.text().endsWith(`${'x'.repeat(19)}\n\u001B[?2026l`));
    screen.stop();
  });

  it('starts afresh on a terminal that has become lower than the display', () => {
    const terminal = fakeTerminal({ rows: 20 });
    const screen = createLiveScreen({ stream: terminal.stream, clock: createManualClock(), env: {} });
    screen.start(({ rows }) => Array.from({ length: rows - 1 }, (_, row) => `row ${row}`).join('\n'));
    const before = terminal.text().length;
    terminal.stream.rows = 4;
    terminal.stream.emit('resize');
    const added = terminal.text().slice(before);
    // No more rows are taken back than can be reached, and every line of the new frame is written.
    assert.equal(added.split('\u001B[1A').length - 1, 3);
    assert.ok(added.includes('row 0\nrow 1\nrow 2\n'));
    screen.stop();
  });

  it('only prints on anything but a terminal', () => {
    for (const [isTTY, env] of [
      [false, {}],
      [true, { TERM: 'dumb' }],
    ] as const) {
      const terminal = fakeTerminal({ isTTY });
      const clock = createManualClock();
      const screen = createLiveScreen({ stream: terminal.stream, clock, env });
      assert.equal(screen.live, false);
      assert.equal(screen.colour, false);
      screen.start(() => assert.fail('there is nothing to draw on'));
      screen.print('line');
      screen.invalidate();
      clock.advance(5);
      screen.stop();
      assert.equal(terminal.text(), 'line\n');
    }
  });

  it('has colours on a terminal unless NO_COLOR is set, and plain glyphs on the Linux console', () => {
    const clock = createManualClock();
    const on = (env: Record<string, string>) =>
      createLiveScreen({ stream: fakeTerminal().stream, clock, env });
    assert.equal(on({}).colour, true);
    assert.equal(on({ NO_COLOR: '1' }).colour, false);
    assert.equal(on({ NO_COLOR: '' }).colour, true);
    assert.equal(on({ TERM: 'linux' }).glyphs, asciiGlyphs);
    assert.notEqual(on({ TERM: 'xterm-256color' }).glyphs, asciiGlyphs);
  });

  it('outlives the terminal', () => {
    const terminal = fakeTerminal();
    const clock = createManualClock();
    const screen = createLiveScreen({ stream: terminal.stream, clock, env: {} });
    screen.start(() => 'frame');
    terminal.stream.emit('error', new Error('write EIO'));
    const writes = terminal.writes();
    screen.print('line');
    clock.advance(5);
    assert.equal(terminal.writes(), writes);
    screen.stop();
  });
});
