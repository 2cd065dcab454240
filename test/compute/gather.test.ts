import assert from 'node:assert/strict';
import { createGatherer } from '../../src/compute/gather.js';

const normalisation = { inputScale: 255, mean: [0.5, 0.25], deviation: [0.5, 0.125] };

describe('gathering a batch', () => {
  it('normalises bytes per channel', () => {
    const gatherer = createGatherer({ inputShape: [1, 1, 2], normalisation });
    const inputs = new Float32Array(4);
    const labels = new Int32Array(2);
    const split = { size: 3, inputs: Uint8Array.of(1, 2, 0, 255, 128, 64), labels: Uint8Array.of(9, 8, 7) };
    gatherer.gather(split, Uint32Array.of(2, 1), inputs, labels);
    const normalised = [(128 / 255 - 0.5) / 0.5, (64 / 255 - 0.25) / 0.125, -1, 6];
    assert.deepEqual([...inputs], normalised.map(Math.fround));
    assert.deepEqual([...labels], [7, 8]);
  });

  for (const channels of [1, 2, 3, 4]) {
    it(`rounds every byte once from double precision, with ${channels} channels`, () => {
      const mean = [0.4914, 0.4822, 0.4465, 0.1].slice(0, channels);
      const deviation = [0.247, 0.2435, 0.2616, 0.3].slice(0, channels);
      const gatherer = createGatherer({
        inputShape: [16, 16, channels],
        normalisation: { inputScale: 255, mean, deviation },
      });
      const example = Uint8Array.from({ length: 256 * channels }, (_, i) => Math.floor(i / channels));
      const split = { size: 2, inputs: Uint8Array.of(...example, ...example), labels: Uint8Array.of(1, 2) };
      const inputs = new Float32Array(2 * example.length);
      gatherer.gather(split, Uint32Array.of(1, 0), inputs, new Int32Array(2));
      const expected = Float32Array.from(split.inputs, (byte, i) => {
        const channel = i % channels;
        return (byte / 255 - (mean[channel] ?? 0)) / (deviation[channel] ?? 1);
      });
      assert.deepEqual(inputs, expected);
    });
  }

  it('normalises floats per channel', () => {
    const gatherer = createGatherer({
      inputShape: [2, 2],
      normalisation: { ...normalisation, inputScale: 1 },
    });
    const inputs = new Float32Array(4);
    const split = { size: 1, inputs: Float32Array.of(0.5, 0.25, 1, 0), labels: Uint16Array.of(300) };
    const labels = new Int32Array(1);
    gatherer.gather(split, Uint32Array.of(0), inputs, labels);
    assert.deepEqual([...inputs], [0, 0, 1, -2]);
    assert.equal(labels[0], 300);
  });
});
