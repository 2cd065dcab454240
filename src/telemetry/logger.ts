/**
 * The log: winston behind four methods. Nothing else in the project writes to the console. A plain line is
 * `HH:MM:SS level message key=value`; a JSON line holds the same. Text from outside (a worker's reason, a file name)
 * cannot break a line or command the terminal.
 */
import { Writable } from 'node:stream';
import pc from 'picocolors';
import winston from 'winston';
import { stringifyExact } from './exact-json.js';
import { withoutControls } from './styled-line.js';
import { StalewartError } from '../errors.js';

const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Named values of a line: `worker=3 staleness=5`. */
export type LogFields = Readonly<Record<string, unknown>>;

export interface LogDestination {
  /** Takes one entry without the line feed at its end. */
  write(text: string): void;
  readonly format: 'plain' | 'json';
  /** The least severe level that it takes. Default: the logger's. */
  readonly level?: LogLevel;
  /** Whether plain lines have colours. Default: false. */
  readonly colour?: boolean;
}

export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** Adds a destination, for lines from now on (the run's log file, once there is a run directory). */
  add(destination: LogDestination): void;
}

export interface LoggerOptions {
  /** The least severe level that is logged. Default: `info`. */
  readonly level?: LogLevel;
  readonly destinations: readonly LogDestination[];
  /** Wall-clock time. Default: the system's. */
  readonly now?: () => Date;
}

/** Must stay under which winston keeps what its formats produced. */
const MESSAGE = Symbol.for('message');

interface Entry {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
  readonly time: Date;
}

function plainValue(value: unknown): string {
  if (value instanceof Error) return plainValue(value.message);
  if (typeof value === 'number')
    return String(Number.isInteger(value) ? value : Number(value.toPrecision(6)));
  if (typeof value !== 'string') return stringifyExact(value) ?? String(value);
  return /^[^\s"=]+$/u.test(value) ? value : JSON.stringify(value);
}

/** The stack of an error that nobody foresaw; a StalewartError says it all in its one line. */
function stackOf({ level, fields }: Entry): string {
  const { error } = fields;
  if (level !== 'error' || !(error instanceof Error) || error instanceof StalewartError) return '';
  const [, ...frames] = (error.stack ?? '').split('\n');
  return frames.map((frame) => `\n    ${withoutControls(frame.trim())}`).join('');
}

const paint: Readonly<Record<LogLevel, 'red' | 'yellow' | 'green' | 'dim'>> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'dim',
};

function plainEntry(entry: Entry, colour: boolean): string {
  const colours = pc.createColors(colour);
  const { level, message, fields, time } = entry;
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':');
  const values = Object.entries(fields).map(
    ([key, value]) => ` ${colours.dim(`${key}=`)}${withoutControls(plainValue(value))}`,
  );
  const text = withoutControls(message);
  return `${colours.dim(clock)} ${colours[paint[level]](level.padEnd(5))} ${text}${values.join('')}${stackOf(entry)}`;
}

function jsonEntry({ level, message, fields, time }: Entry): string {
  const plain = Object.entries(fields).map(([key, value]) => [
    key,
    value instanceof Error ? { name: value.name, message: value.message, stack: value.stack } : value,
  ]);
  return stringifyExact({ ...Object.fromEntries(plain), time: time.toISOString(), level, message });
}

function transportFor(destination: LogDestination): winston.transport {
  const { format, level, colour = false } = destination;
  const stream = new Writable({
    decodeStrings: false,
    write(text: unknown, _encoding, done) {
      destination.write(String(text));
      done();
    },
  });
  return new winston.transports.Stream({
    stream,
    eol: '',
    ...(level === undefined ? {} : { level }),
    format: winston.format((info) => {
      const entry = info.entry as Entry;
      info[MESSAGE] = format === 'json' ? jsonEntry(entry) : plainEntry(entry, colour);
      return info;
    })(),
  });
}

export function createLogger(options: LoggerOptions): Logger {
  const { level = 'info', destinations, now = () => new Date() } = options;
  const backend = winston.createLogger({
    level,
    levels: Object.fromEntries(logLevels.map((name, rank) => [name, rank])),
    transports: destinations.map(transportFor),
    // With no destination yet, lines go nowhere; winston would complain of it on the console.
    silent: destinations.length === 0,
  });
  const log =
    (at: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      const entry: Entry = { level: at, message, fields, time: now() };
      backend.log({ level: at, message, entry });
    };
  return {
    error: log('error'),
    warn: log('warn'),
    info: log('info'),
    debug: log('debug'),
    add(destination) {
      backend.add(transportFor(destination));
      backend.silent = false;
    },
  };
}

/** A destination on a stream such as standard error. A reader that goes away (`| head`) ends the log, not the run. */
export function streamDestination(
  stream: NodeJS.WritableStream,
  options: Omit<LogDestination, 'write'>,
): LogDestination {
  let open = true;
  stream.on('error', () => {
    open = false;
  });
  return {
    ...options,
    write(text) {
      if (open) stream.write(`${text}\n`);
    },
  };
}
