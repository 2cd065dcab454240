/** How unequal the workers are made. */
import { z } from 'zod';
import { type Bursts, parseBursts } from '../../stragglers/bursts.js';
import { parseSlowdown, type Slowdown } from '../../stragglers/slowdown.js';
import { parseStraggler, stragglerLaws } from '../../stragglers/parse-straggler.js';
import type { StragglerInput } from '../../stragglers/straggler-spec.js';
import { objectFor, parsedBy } from '../parsed-by.js';
import { settingNotes } from '../setting-notes.js';

export const unequalFleetFields = {
  straggler: z
    .union([z.string(), objectFor<StragglerInput>()])
    .transform(parsedBy(parseStraggler))
    .prefault('none')
    .describe(
      'law of the time that a task takes at least (in simulated time: takes), in seconds or time units; see docs/stragglers.md',
    )
    .register(settingNotes, {
      topic: 'Fleet',
      value: 'LAW',
      default: 'none; in simulated time exponential',
      allowed: `one of ${stragglerLaws.join(', ')}, with parameters as in gamma:vtask=0.1,vmach=0.6,mean=1`,
    }),
  slowdown: z
    .union([z.string(), z.array(z.number()), objectFor<Slowdown>()])
    .transform(parsedBy(parseSlowdown))
    .prefault('none')
    .describe('workers that take longer for everything, by these factors')
    .register(settingNotes, {
      topic: 'Fleet',
      value: 'LIST',
      allowed: 'WORKER:FACTOR,… with factors of at least 1, such as 0:3,4:5 (all: every worker)',
    }),
  bursts: z
    .union([z.string(), objectFor<Bursts>()])
    .transform(parsedBy(parseBursts))
    .prefault('none')
    .describe('slow spells that come and go: their mean length, that of the pauses, and the factor')
    .register(settingNotes, {
      topic: 'Fleet',
      value: 'LIST',
      allowed: 'WORKER:on=TIME,off=TIME,factor=F;…, such as 8:on=10,off=30,factor=4 (all: every worker)',
    }),
};
