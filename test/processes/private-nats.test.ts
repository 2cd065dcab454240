import assert from 'node:assert/strict';
import { connect } from 'nats';
import { StalewartError } from '../../src/errors.js';
import { startPrivateNats } from '../../src/processes/private-nats.js';

describe('private nats-server', () => {
  it('listens on this machine alone, for whoever has its password', async () => {
    const server = await startPrivateNats();
    const { hostname, username } = new URL(server.url);
    assert.equal(hostname, '127.0.0.1');
    assert.equal(username, 'stalewart');
    const [, credentials = ''] = /\/\/(.*)@/.exec(server.url) ?? [];
    const [user = '', pass = ''] = credentials.split(':');
    const servers = server.url.replace(`${credentials}@`, '');
    const nats = await connect({ servers, user, pass });
    assert.equal(nats.info?.max_payload, 8 * 2 ** 20);
    await nats.close();
    await assert.rejects(connect({ servers, reconnect: false }), /Authorization/i);
    await server.close();
    await assert.rejects(connect({ servers, user, pass, reconnect: false }));
  });

  it('that is not there is told in one line with the mend', async () => {
    await assert.rejects(startPrivateNats({ STALEWART_NATS_SERVER: '/nowhere/nats-server' }), (error) => {
      assert.ok(error instanceof StalewartError);
      assert.equal(error.exitCode, 4);
      assert.match(error.message, /^processes need a nats-server, and none was found: install it/);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
});
