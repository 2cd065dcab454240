/** A thread that sends what `everyKernel` gives in it, as often as it is told. */
import { parentPort, workerData } from 'node:worker_threads';
import { everyKernel } from './every-kernel.js';

for (let i = 0; i < (workerData as number); i++) parentPort?.postMessage(await everyKernel());
