/**
 * The pace of the garbage collector, for programs that own their process.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 wait longer between collections of the whole heap. It takes the limit from its heap of objects, here about 16 MB of
 * code mostly, but counts against it every byte of the buffers that messages pass through: over NATS, models of 250 KB had
 * it mark that heap five to ten times a second, on a tenth of the machine. With this, it does so once a second and the process
 * takes some 50 MB more.
 *
 * A library must not decide this for its host: the command line calls it, and `node --heap-growing-percent=200 program.js`
 * does the same for a program that uses the API.
 */
export function collectLessOften(): void {
  setFlagsFromString('--heap-growing-percent=200');
}
