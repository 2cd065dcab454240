/** A live run in a process of its own: tells every round on standard output once the run has told it. */
import { train, type TrainOptions } from '../../../src/index.js';

const options: unknown = JSON.parse(process.argv[2] ?? '{}');
const run = train({ ...(typeof options === 'object' ? options : {}) } satisfies TrainOptions);
run.rounds$.subscribe(({ version, time }) => process.stdout.write(`round ${version} ${time}\n`));
run.notices$.subscribe(({ level, message }) => {
  if (level !== 'debug') process.stdout.write(`${level} ${message}\n`);
});
process.once('SIGTERM', () => void run.stop());
run.done.then(
  (summary) => process.stdout.write(`done ${summary.status} ${summary.rounds}\n`),
  (error: unknown) =>
    process.stdout.write(`error ${error instanceof Error ? error.message : String(error)}\n`),
);
