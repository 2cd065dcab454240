import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { crc32 } from '../../../protocols/wire/crc32.js';

describe('crc32', () => {
  it('gives the check value of its definition', () => {
    assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
    assert.equal(crc32(new Uint8Array(0)), 0);
  });

  it('continues over nothing', () => {
    assert.equal(crc32(new Uint8Array(0), 1), 1);
  });

  it('agrees with zlib for any bytes, alignment and continuation', () => {
    const bytes = fc.uint8Array({ minLength: 9, maxLength: 200 });
    fc.assert(
      fc.property(bytes, fc.nat(8), fc.nat(0xffffffff), (whole, from, previous) => {
        const part = whole.subarray(from);
        assert.equal(crc32(part, previous), zlib.crc32(part, previous));
      }),
    );
  });
});
