/** Writes `docs/wire-vectors.json` anew and prints the example of `docs/wire-protocol.md`. */
import { writeFileSync } from 'node:fs';
import { fromHex, hexDump, makeWireVectors, vectorsFile } from './wire-vectors.js';

const vectors = makeWireVectors();
writeFileSync(vectorsFile, `${JSON.stringify(vectors, null, 2)}\n`);
for (const { name, frame } of vectors.frames) {
  if (name === 'assign') process.stdout.write(`${hexDump(fromHex(frame))}\n`);
}
