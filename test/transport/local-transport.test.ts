import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { serverInbox, serverSubject } from '../../protocols/wire/subjects.js';
import { createLocalTransport } from '../../src/transport/local-transport.js';
import { heartbeat, update } from '../protocols/wire/messages-for-tests.js';
import { next, transportContract } from './contract.js';

describe('local transport', () => {
  transportContract(async () => {
    const transport = createLocalTransport();
    return { server: transport, worker: transport };
  });

  it('passes tensors by reference', async () => {
    const transport = createLocalTransport();
    const arrived = next(await transport.subscribe(serverInbox('run-1')), 1);
    const tensor = new Float32Array(new SharedArrayBuffer(8));
    await transport.send(serverSubject('run-1', 'node-1', 3), update(tensor));
    const [message] = await arrived;
    assert.equal(message?.tensor, tensor);
    await transport.close();
  });

  it('lets the event loop turn between an answer and the answer to it', async () => {
    const transport = createLocalTransport();
    const messages$ = await transport.subscribe(serverInbox('run-1'));
    const subscription = messages$.subscribe(() => {
      void transport.send(serverSubject('run-1', 'node-1', 3), heartbeat());
    });
    const running = next(messages$, 10);
    await transport.send(serverSubject('run-1', 'node-1', 3), heartbeat());
    await running;
    // Never comes if the answers leave no room for anything else.
    await stat('.');
    subscription.unsubscribe();
    await transport.close();
  });

  it('names what it drops from a subscription that nobody reads', async () => {
    const transport = createLocalTransport();
    const unread$ = await transport.subscribe(serverInbox('run-1'));
    const read = next(await transport.subscribe(serverInbox('run-1')), 1025);
    const dropped: string[] = [];
    transport.status$.subscribe((status) => {
      if (status.type === 'dropped-message') dropped.push(status.subject);
    });
    for (let attempt = 1; attempt <= 1025; attempt++) {
      await transport.send(serverSubject('run-1', 'node-1', 3), heartbeat(3, attempt));
    }
    await read;
    assert.deepEqual(dropped, [serverSubject('run-1', 'node-1', 3)]);
    const [oldest] = await next(unread$, 1);
    assert.deepEqual(oldest, heartbeat(3, 2));
    await transport.close();
  });
});
