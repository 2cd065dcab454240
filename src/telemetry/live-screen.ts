/**
 * A terminal with a display at its lower end that is redrawn in place, and lines above it that stay. Drawn at most ten
 * times a second, on demand and once a second; on anything but a terminal there is no display, only the lines.
 */
import { createLogUpdate } from 'log-update';
import type { CancelTimer, Clock } from '../clock/clock.js';
import { asciiGlyphs, type Glyphs, unicodeGlyphs } from './glyphs.js';
import type { DisplayOptions } from './progress-display.js';
import { visibleWidth } from './styled-line.js';
import { wantsColour } from './terminal-colour.js';

/** What is used of `process.stderr`. */
export interface ScreenStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

export interface LiveScreenOptions {
  /** Default: `process.stderr`. */
  readonly stream?: ScreenStream;
  readonly clock: Clock;
  /** Read for NO_COLOR and TERM. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface LiveScreen {
  /** Whether there is a terminal to draw on. */
  readonly live: boolean;
  readonly colour: boolean;
  readonly glyphs: Glyphs;
  /** Adds text that stays, above the display if there is one. */
  print(text: string): void;
  /** Starts the display. Does nothing where `live` is false. */
  start(render: (options: DisplayOptions) => string): void;
  /** What is shown has changed: draw soon. */
  invalidate(): void;
  /** Draws a last time and leaves it standing. Calling it again does nothing. */
  stop(): void;
}

const SECONDS_BETWEEN_FRAMES = 0.1;
/** Elapsed time goes on although nothing happens. */
const SECONDS_BETWEEN_TICKS = 1;

/** Takes back `count` rows above the cursor's row, and that one. */
const erase = (count: number): string => `\u001B[2K${'\u001B[1A\u001B[2K'.repeat(count)}\r`;

export function createLiveScreen(options: LiveScreenOptions): LiveScreen {
  const { stream = process.stderr, clock, env = process.env } = options;
  const live = stream.isTTY === true && env.TERM !== 'dumb';
  const colour = wantsColour(stream, env);
  const glyphs = env.TERM === 'linux' ? asciiGlyphs : unicodeGlyphs;
  // log-update hides the cursor of standard error, and no other's; it gives it back when the process ends.
  const update = createLogUpdate(stream, { showCursor: stream !== process.stderr });

  let render: ((options: DisplayOptions) => string) | null = null;
  let frame = '';
  let frameColumns = 0;
  let waiting: string[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let next: { readonly at: number; readonly cancel: CancelTimer } | null = null;
  let open = true;

  const columns = (): number => stream.columns ?? 80;
  const rows = (): number => stream.rows ?? 24;

  const schedule = (at: number): void => {
    if (next !== null && next.at <= at) return;
    next?.cancel();
    next = { at, cancel: clock.after(Math.max(0, at - clock.now()), draw) };
  };

  const draw = (): void => {
    next?.cancel();
    next = null;
    if (render === null || !open) return;
    if (waiting.length > 0) {
      update.clear();
      stream.write(`${waiting.join('\n')}\n`);
      waiting = [];
    }
    // What was typed meanwhile (^C) stands in the row below the display.
    stream.write(erase(0));
    frame = render({ columns: columns(), rows: rows(), colour, glyphs });
    frameColumns = columns();
    update(frame);
    drawnAt = clock.now();
    schedule(drawnAt + SECONDS_BETWEEN_TICKS);
  };

  const invalidate = (): void => {
    if (render !== null) schedule(Math.max(clock.now(), drawnAt + SECONDS_BETWEEN_FRAMES));
  };

  /** Narrower: the frame's lines were broken into more rows than log-update knows of. Lower: its first lines have left
   *  for the scrollback, out of reach. So what can be reached is taken back, and the next frame starts afresh. */
  const resized = (): void => {
    const lines = frame.split('\n');
    if (columns() < frameColumns || rows() <= lines.length) {
      const broken = (line: string): number => Math.max(1, Math.ceil(visibleWidth(line) / columns()));
      const height = lines.reduce((sum, line) => sum + broken(line), 0);
      stream.write(erase(Math.min(height, rows() - 1)));
      update.done();
    }
    draw();
  };

  const stop = (): void => {
    if (render === null) return;
    draw();
    next?.cancel();
    next = null;
    render = null;
    update.done();
    stream.off('resize', resized);
    process.off('exit', stop);
  };

  stream.on('error', () => {
    open = false;
  });

  return {
    live,
    colour,
    glyphs,
    print(text) {
      if (!open) return;
      if (render === null) {
        stream.write(`${text}\n`);
        return;
      }
      waiting.push(text);
      invalidate();
    },
    start(drawFrame) {
      if (!live || render !== null) return;
      render = drawFrame;
      stream.on('resize', resized);
      // Lines that still wait when the process ends would be lost.
      process.on('exit', stop);
      draw();
    },
    invalidate,
    stop,
  };
}
