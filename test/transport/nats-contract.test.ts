import { connectNatsTransport } from '../../src/transport/nats-transport.js';
import { type NatsServer, startNatsServer } from '../support/nats-server.js';
import { transportContract } from './contract.js';

describe('nats transport', () => {
  let nats: NatsServer;

  before(async () => {
    nats = await startNatsServer();
  });

  after(async () => {
    await nats.stop();
  });

  transportContract(async () => {
    const [server, worker] = await Promise.all([
      connectNatsTransport({ url: nats.url }),
      connectNatsTransport({ url: nats.url }),
    ]);
    return { server, worker };
  });
});
