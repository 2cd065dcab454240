/** A registry on 127.0.0.1 that serves one package, faithfully or with a fault. */

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { PinnedPackage } from '../../../src/data/fetch/fetch-tarball.js';

/** What is wrong: nothing; the connection ends in the middle; it stalls in the middle; the package is unknown. */
export type Fault = 'none' | 'cut' | 'stall' | 'unknown';

export interface LocalRegistry {
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param integrity what the registry says of the tarball; the pinned one by default */
export async function localRegistry(
  pinned: PinnedPackage,
  tarball: Uint8Array,
  fault: Fault = 'none',
  integrity = pinned.integrity,
): Promise<LocalRegistry> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    if (fault === 'unknown') {
      response.writeHead(404).end('{}');
      return;
    }
    if (request.url?.endsWith('.tgz') === true) {
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-length': tarball.length,
      });
      if (fault === 'none') {
        response.end(tarball);
        return;
      }
      response.write(tarball.subarray(0, tarball.length / 2), () => {
        if (fault === 'cut') {
          response.destroy();
        }
      });
      return;
    }
    const host = `http://${request.headers.host}`;
    const { name, version } = pinned;
    const dist = { tarball: `${host}/${name}/-/${name}-${version}.tgz`, integrity };
    const packument = {
      name,
      'dist-tags': { latest: version },
      versions: { [version]: { name, version, dist } },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(packument));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
