/** A single nats-server with JetStream for a test, with a store folder of its own that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NatsServer, startNatsServer } from './nats-server.js';

export async function startJetStreamServer(): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'stalewart-nats-'));
  const removeFolder = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const server = await startNatsServer({ args: ['-js', '-sd', folder] });
    return {
      url: server.url,
      port: server.port,
      get pid() {
        return server.pid;
      },
      kill: (signal) => server.kill(signal),
      restart: () => server.restart(),
      async stop() {
        await server.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
