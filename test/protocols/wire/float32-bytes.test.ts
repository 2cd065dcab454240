import assert from 'node:assert/strict';
import { readFloat32, writeFloat32 } from '../../../protocols/wire/float32-bytes.js';
import { awkwardTensor, bits } from './messages-for-tests.js';

describe('float32 as bytes', () => {
  it('views aligned elements in place', () => {
    const bytes = new Uint8Array(16);
    const tensor = readFloat32(bytes, 8, 2);
    assert.equal(tensor.buffer, bytes.buffer);
    assert.equal(tensor.byteOffset, 8);
  });

  it('copies misaligned elements, every bit of them', () => {
    const tensor = awkwardTensor();
    for (const shift of [1, 2, 3]) {
      const bytes = new Uint8Array(shift + tensor.byteLength);
      writeFloat32(bytes, shift, tensor);
      assert.deepEqual(bits(readFloat32(bytes, shift, tensor.length)), bits(tensor));
    }
  });

  it('puts the lowest byte first, on either kind of machine', () => {
    const one = new Float32Array([1]);
    const own = new Uint8Array(4);
    writeFloat32(own, 0, one);
    assert.deepEqual([...own], [0, 0, 0x80, 0x3f]);

    const swapped = new Uint8Array(4);
    writeFloat32(swapped, 0, one, false);
    assert.deepEqual([...swapped], [0x3f, 0x80, 0, 0]);
    assert.deepEqual([...readFloat32(swapped, 0, 1, false)], [1]);
  });
});
