import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  cut,
  padEnd,
  padStart,
  type Paint,
  paintLine,
  span,
  visibleWidth,
  withoutControls,
} from '../../src/telemetry/styled-line.js';

const plain = (width: number) => ({ width, colour: false });

describe('styled line', () => {
  it('measures what a terminal shows', () => {
    assert.equal(visibleWidth('abc'), 3);
    assert.equal(visibleWidth('τ ■▁━…'), 6);
    assert.equal(visibleWidth('\u001B[31mred\u001B[39m'), 3);
    assert.equal(visibleWidth('模型'), 4);
    assert.equal(visibleWidth('e\u0301'), 1);
    assert.equal(visibleWidth('🚀'), 2);
  });

  it('cuts with an ellipsis, by columns', () => {
    assert.equal(cut('stalewart', 9), 'stalewart');
    assert.equal(cut('stalewart', 6), 'stale…');
    assert.equal(cut('模型模型', 6), '模型…');
    assert.equal(cut('abc', 1), '…');
  });

  it('pads by columns', () => {
    assert.equal(padStart('模', 4), '  模');
    assert.equal(padEnd('ab', 4), 'ab  ');
    assert.equal(padEnd('abcdef', 4), 'abcdef');
  });

  it('takes out whatever could command the terminal', () => {
    assert.equal(withoutControls('a\u001B[2Jb\nc\r\u0007d\u009b'), 'ab c d ');
  });

  it('paints spans and leaves out trailing blanks', () => {
    const line = [span('a', 'bold'), span(' '), span('b', 'red'), span('   ')];
    assert.equal(paintLine(line, { width: 10, colour: true }), '\u001B[1ma\u001B[22m \u001B[31mb\u001B[39m');
    assert.equal(paintLine(line, plain(10)), 'a b');
  });

  it('cuts in the span where the room ends', () => {
    const line = [span('one '), span('two '), span('three')];
    assert.equal(paintLine(line, plain(13)), 'one two three');
    assert.equal(paintLine(line, plain(12)), 'one two thr…');
    assert.equal(paintLine(line, plain(8)), 'one two…');
    assert.equal(paintLine(line, plain(5)), 'one …');
    assert.equal(paintLine(line, plain(1)), '…');
  });

  it('is never wider than it may be, coloured or not', () => {
    const paints: Paint[] = ['plain', 'bold', 'red'];
    const spans = fc.array(
      fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 12 }), paint: fc.constantFrom(...paints) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 40 }), fc.boolean(), (line, width, colour) => {
        const painted = paintLine(line, { width, colour });
        assert.ok(visibleWidth(painted) <= width);
        assert.equal(painted.includes('\n'), false);
      }),
    );
  });
});
