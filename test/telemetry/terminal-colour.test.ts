import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { wantsColour } from '../../src/telemetry/terminal-colour.js';

describe('colour', () => {
  it('is for terminals that can show it', () => {
    assert.equal(wantsColour({ isTTY: true }, { TERM: 'xterm' }), true);
    assert.equal(wantsColour({ isTTY: true }, { TERM: 'dumb' }), false);
  });

  it('is not for files and pipes, on a machine of CI either', () => {
    assert.equal(wantsColour({}, { CI: 'true' }), false);
    assert.equal(wantsColour({ isTTY: false }, { TERM: 'xterm' }), false);
  });

  it('is left out where the user wishes none', () => {
    assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: '1' }), false);
    assert.equal(wantsColour({ isTTY: true }, { NO_COLOR: '' }), true);
  });
});
