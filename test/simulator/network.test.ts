import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { createNetwork, noNetwork } from '../../src/simulator/network.js';

describe('network of simulated time', () => {
  it('takes no time where there is none', () => {
    const network = createNetwork(noNetwork);
    assert.equal(network.download(3, 1000, 7), 7);
    assert.equal(network.upload(3, 1000, 7), 7);
    assert.equal(network.receive(1000, 7), 7);
    assert.equal(network.signal(3, 7), 7);
  });

  it('takes bytes / bandwidth and the latency, for each worker its own', () => {
    const network = createNetwork({ ...noNetwork, latency: { all: 1, '2': 5 }, bandwidth: { '2': 10 } });
    assert.equal(network.download(0, 100, 7), 8);
    assert.equal(network.download(2, 100, 7), 7 + 10 + 5);
    assert.equal(network.upload(2, 100, 7), 7 + 10 + 5);
    assert.equal(network.signal(2, 7), 12);
  });

  it('has the server carry one message after the other, in each direction', () => {
    const network = createNetwork({ ...noNetwork, latency: { all: 1 }, serverBandwidth: 50 });
    assert.equal(network.download(0, 100, 0), 3);
    assert.equal(network.download(1, 100, 0), 5);
    assert.equal(network.receive(100, 0), 2, 'the other direction is free');
    assert.equal(network.receive(100, 1), 4);
    assert.equal(network.receive(100, 9), 11);
  });
});
