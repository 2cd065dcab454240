/** How workers are reached, watched and restarted. */
import { z } from 'zod';
import { natsUrlForm, parseNatsServers } from '../nats-servers.js';
import { parsedBy } from '../parsed-by.js';
import { settingNotes } from '../setting-notes.js';

/** Timers cannot be set for longer than 2³¹ ms, which is 2.1 million seconds. */
const seconds = z.number().positive().max(1e6);

export const defaultDeadAfter = 10;

export const supervisionFields = {
  nats: z
    .union([z.string(), z.array(z.string())])
    .transform(parsedBy(parseNatsServers))
    .nullable()
    .default(null)
    .describe('put every message on these NATS servers; none: messages stay in the process')
    .register(settingNotes, {
      topic: 'Fleet',
      value: 'URL',
      allowed: `none or ${natsUrlForm}`,
      only: 'live',
    }),
  processes: z
    .int()
    .min(1)
    .max(1000)
    .nullable()
    .default(null)
    .describe(
      'give the workers so many processes of their own, over NATS (a private nats-server where nats is none); a process that ends is started again',
    )
    .register(settingNotes, { topic: 'Fleet', value: 'P', only: 'live' }),
  heartbeat: seconds
    .default(1)
    .describe('seconds between two signs of life of a worker')
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
  suspectAfter: seconds
    .default(3)
    .describe(
      'seconds of silence after which a worker is shown as suspect, and before which none is declared lost; more than heartbeat',
    )
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
  deadAfter: seconds
    .default(defaultDeadAfter)
    .describe(
      'seconds of silence after which a worker is lost, whatever its heartbeats were like; one whose heartbeats came regularly is lost sooner. More than suspectAfter; where it is not the default, less than roundDeadline and time',
    )
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
  uploadRetry: seconds
    .default(2)
    .describe('seconds after which an upload that was not acknowledged is offered again')
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
  joinsPerSecond: z
    .number()
    .positive()
    .max(1e6)
    .default(100)
    .describe(
      "workers that are let in per second, first come, first served; a second's worth of them at once",
    )
    .register(settingNotes, { topic: 'Fleet', value: 'RATE', only: 'live' }),
  maxInboundBytes: z
    .int()
    .min(1024)
    .max(2 ** 50)
    .default(2 ** 28)
    .describe(
      'bytes of updates that may be on their way to the server; where those of all workers are more, each worker asks before it uploads',
    )
    .register(settingNotes, { topic: 'Fleet', value: 'BYTES', only: 'live' }),
  maxRestarts: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(5)
    .describe('how often a crashed worker is restarted within restartWindow before it is given up')
    .register(settingNotes, { topic: 'Fleet', value: 'R', only: 'live' }),
  restartWindow: seconds
    .default(60)
    .describe('seconds over which maxRestarts counts')
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
  restartBackoff: seconds
    .default(0.5)
    .describe('seconds before the first restart of a crashed worker; doubled with each one in the window')
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
  restartBackoffMax: seconds
    .default(10)
    .describe('longest wait before a restart, in seconds')
    .register(settingNotes, { topic: 'Fleet', value: 'SECONDS', only: 'live' }),
};
