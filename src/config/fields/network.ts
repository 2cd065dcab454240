/** The network of simulated time. Without it, as in the paper, messages arrive at once. */
import { z } from 'zod';
import { parseLinks } from '../links.js';
import type { PerWorker } from '../../stragglers/per-worker.js';
import { objectFor, parsedBy } from '../parsed-by.js';
import { settingNotes } from '../setting-notes.js';

const links = (field: string, allowed: string) =>
  z
    .union([z.string(), z.number(), objectFor<PerWorker<number>>()])
    .transform(parsedBy((input) => parseLinks(field, allowed, input)))
    .prefault('none');

const times = 'a time of at least 0 for all workers, such as 0.1, or WORKER:TIME,… (all: every worker)';
const rates =
  'bytes per time unit above 0 for all workers, such as 1e6, or WORKER:RATE,… (all: every worker)';

export const networkFields = {
  latency: links('latency', times)
    .describe('time units that a message takes from one end to the other')
    .register(settingNotes, { topic: 'Network', value: 'TIME', allowed: times, only: 'simulated' }),
  bandwidth: links('bandwidth', rates)
    .describe("bytes per time unit of a worker's link; none: without bound")
    .register(settingNotes, { topic: 'Network', value: 'RATE', allowed: rates, only: 'simulated' }),
  serverBandwidth: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe("bytes per time unit of the server's link in each direction, one message after the other")
    .register(settingNotes, { topic: 'Network', value: 'RATE', only: 'simulated' }),
};
