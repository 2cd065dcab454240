/** AdaSync in its K-sync form: the closed form of K^t by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import type { PolicySettingsInput } from '../../../../protocols/sync/settings.js';
import { commitOf, joinedScript, ofType } from '../../../support/engine-script.js';

/** K^t of the second round, whose first had K^0 updates with these losses, and how it was arrived at. */
function second(settings: PolicySettingsInput, firstLoss: number, loss: number) {
  const engine = joinedScript('ada-k-sync', { lossSmoothing: 0, ...settings });
  for (let worker = 0; engine.state.version === 0; worker += 1) engine.upload(worker, { firstLoss, loss });
  for (let worker = 0; engine.state.version === 1; worker += 1) engine.upload(worker);
  const { waitCount, reason } = commitOf(ofType(engine.effects, 'commit').slice(-1));
  return { waitCount, reason };
}

describe('AdaSync in its K-sync form', () => {
  it('solves K² / (N − K) = K0² / (N − K0) · F(w^0) / F(w^t)', () => {
    // N = 6, K0 = 2, 2 / 0.5: K² / (6 − K) = 4/4 · 4, so K² + 4K − 24 = 0 and K = −2 + √28 = 3.29.
    const settings = { workers: 6, k0: 2 };
    const { waitCount, reason } = second(settings, 2, 0.5);
    assert.equal(waitCount, 3);
    assert.equal(reason, 'K^2/(N-K)=K0^2/(N-K0)*2.000/0.500, K=3.29');
    assert.equal(second({ ...settings, kRounding: 'ceil' }, 2, 0.5).waitCount, 4);
    // The K-async form would have 2·√4 = 4.
  });

  it('stays at K0 while the loss does, and comes near N, but not to it', () => {
    assert.equal(second({ workers: 6, k0: 2 }, 2, 2).waitCount, 2);
    // 1000 times less: K² + 1000K − 6000 = 0, K = −500 + √256000 = 5.96.
    assert.equal(second({ workers: 6, k0: 2 }, 2, 0.002).waitCount, 5);
    assert.equal(second({ workers: 6, k0: 2, kRounding: 'ceil' }, 2, 0.002).waitCount, 6);
  });

  it('is synchronous with K0 = N', () => {
    assert.equal(second({ workers: 3, k0: 3 }, 2, 0.1).waitCount, 3);
  });

  it('cancels the others at the commit', () => {
    const engine = joinedScript('ada-k-sync', { workers: 3, k0: 1 });
    assert.deepEqual(
      ofType(engine.upload(1), 'cancel').map(({ worker }) => worker),
      [0, 2],
    );
  });
});
