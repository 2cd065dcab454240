import assert from 'node:assert/strict';
import type { PolicySettingsInput } from '../../../../protocols/sync/settings.js';
import { EngineScript, ofType, optionsFor } from '../../../support/engine-script.js';

function script(name: string, settings: PolicySettingsInput): EngineScript {
  const engine = new EngineScript(optionsFor(name, settings));
  engine.joinAll();
  return engine;
}

describe('ABS', () => {
  it('restarts a worker when its staleness reaches τ_max, before it could upload', () => {
    // a = 4, K = 2: τ_max = 2. Workers 0 and 1 close two rounds; 2 and 3 are then 2 rounds behind.
    const engine = script('abs', { workers: 4, k0: 2, waitCount: 2, a: 4 });
    engine.upload(0);
    assert.deepEqual(ofType(engine.upload(1), 'cancel'), []);
    engine.upload(0);
    const effects = engine.upload(1);
    assert.equal(ofType(effects, 'commit')[0]?.maxStaleness, 2);
    assert.deepEqual(
      ofType(effects, 'cancel').map(({ worker, staleness, reason }) => [worker, staleness, reason]),
      [
        [2, 2, 'staleness 2 ≥ 2'],
        [3, 2, 'staleness 2 ≥ 2'],
      ],
    );
    assert.deepEqual(ofType(effects, 'assign').filter((a) => a.reason === 'restarted').length, 2);
  });

  it('with the test `gt` restarts one round later', () => {
    const engine = script('abs', { workers: 3, waitCount: 1, maxStaleness: 1, stalenessTest: 'gt' });
    assert.deepEqual(ofType(engine.upload(0), 'cancel'), []);
    assert.deepEqual(
      ofType(engine.upload(0), 'cancel').map(({ worker }) => worker),
      [1, 2],
    );
  });

  it('grows K^t with the square root of the smoothed loss, by hand', () => {
    // F(w0) = 2 (first mini-batches). Without smoothing, loss 0.5 gives K = floor(2·sqrt(4)) = 4, clamped by nothing.
    const engine = script('abs', { workers: 6, k0: 2, a: Infinity, lossSmoothing: 0 });
    engine.upload(0, { firstLoss: 2, loss: 0.5 });
    engine.upload(1, { firstLoss: 2, loss: 0.5 });
    assert.equal(engine.state.version, 1);
    for (const worker of [0, 1, 2]) engine.upload(worker);
    assert.equal(engine.state.version, 1);
    const [commit] = ofType(engine.upload(3), 'commit');
    assert.equal(commit?.waitCount, 4);
    assert.match(commit.reason, /K0\*sqrt\(2\.000\/0\.500\)=4\.00/);
  });

  it('smooths the loss: F̄ = 0.9·F(w0) + 0.1·F after the first round', () => {
    // F̄ = 0.9·2 + 0.1·0.5 = 1.85; 2·sqrt(2 / 1.85) = 2.08: floor 2, ceil 3.
    const kAfterOne = (kRounding: 'floor' | 'ceil'): number => {
      const engine = script('abs', { workers: 6, k0: 2, kRounding });
      engine.upload(0, { loss: 0.5 });
      engine.upload(1, { loss: 0.5 });
      return (engine.state.policy as { waitCount: number }).waitCount;
    };
    assert.equal(kAfterOne('floor'), 2);
    assert.equal(kAfterOne('ceil'), 3);
  });

  it('never lets K fall, unless told to', () => {
    const waitCounts = (kMonotone: boolean): number[] => {
      const engine = script('abs', { workers: 8, k0: 1, a: Infinity, lossSmoothing: 0, kMonotone });
      engine.upload(0, { loss: 0.1 }); // sqrt(2 / 0.1) = 4.47
      for (const worker of [0, 1, 2, 3]) engine.upload(worker, { loss: 1.5 }); // sqrt(2 / 1.5) = 1.15
      for (let worker = 4; engine.state.version < 3; worker += 1) engine.upload(worker % 8, { loss: 1.5 });
      return ofType(engine.effects, 'commit').map((commit) => commit.waitCount);
    };
    assert.deepEqual(waitCounts(true), [1, 4, 4]);
    assert.deepEqual(waitCounts(false), [1, 4, 1]);
  });

  it('tightens τ_max as K grows, never below 1', () => {
    const engine = script('abs', { workers: 8, k0: 1, a: 6, lossSmoothing: 0 });
    engine.upload(0, { loss: 0.125 }); // K: 1 → 4
    for (const worker of [0, 1, 2, 3]) engine.upload(worker, { loss: 0.03 });
    assert.deepEqual(
      ofType(engine.effects, 'commit').map(({ waitCount, maxStaleness }) => [waitCount, maxStaleness]),
      [
        [1, 6],
        [4, 1],
      ],
    );
  });
});
