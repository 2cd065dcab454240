/**
 * Appends lines to a stream. What waits to be written is bounded: `write` answers with a promise to wait for, and past
 * a hard limit the writer gives up rather than fill the memory. A failing disk is reported once, to `onError`; nothing
 * here throws or rejects, and lines that come after a failure are dropped.
 */
import type { Writable } from 'node:stream';

/** Past this the disk is taken for stuck. */
const DEFAULT_LIMIT_BYTES = 64 * 1024 * 1024;

export interface LineWriterOptions {
  /** Called at most once. */
  readonly onError: (cause: Error) => void;
  /** Bytes that may wait to be written before the writer gives up. Default: 64 MiB. */
  readonly limitBytes?: number;
}

export interface LineWriter {
  /** Appends `line` and a line feed. Resolves when the next line may follow; never rejects. */
  write(line: string): Promise<void>;
  /** Resolves when all lines so far have been handed to the operating system, or never will be; never rejects. */
  flush(): Promise<void>;
  /** Writes what waits, closes the stream and resolves; never rejects. Calling it again does nothing more. */
  close(): Promise<void>;
}

const proceed = Promise.resolve();

export function createLineWriter(stream: Writable, options: LineWriterOptions): LineWriter {
  const limit = options.limitBytes ?? DEFAULT_LIMIT_BYTES;
  let over = false;
  let drained: Promise<void> | null = null;
  let closing: Promise<void> | null = null;

  const ended = new Promise<void>((resolve) => {
    stream.once('close', resolve);
  });
  const fail = (cause: Error): void => {
    if (over) return;
    over = true;
    options.onError(cause);
    stream.destroy();
  };
  // Stays attached: a destroyed stream may still emit errors, and an unheard one would end the process.
  stream.on('error', fail);

  const untilDrained = (): Promise<void> => {
    drained ??= new Promise<void>((resolve) => {
      const go = (): void => {
        drained = null;
        stream.off('drain', go);
        stream.off('close', go);
        resolve();
      };
      stream.once('drain', go);
      stream.once('close', go);
    });
    return drained;
  };

  return {
    write(line) {
      if (over || closing !== null) return proceed;
      if (stream.writableLength > limit) {
        fail(new Error(`${stream.writableLength} bytes wait to be written: the disk does not keep up`));
        return proceed;
      }
      return stream.write(`${line}\n`) ? proceed : untilDrained();
    },
    flush() {
      if (over || closing !== null) return closing ?? proceed;
      // Answered in its turn, also when the stream fails before.
      return new Promise((resolve) => void stream.write('', () => resolve()));
    },
    close() {
      if (closing === null) {
        closing = ended;
        if (!over) stream.end();
      }
      return closing;
    },
  };
}
