import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { chooseEngine, type Engine, type PlannedEngine } from '../../../src/compute/engine.js';
import { createGatherer } from '../../../src/compute/gather.js';
import { createModel as lenet } from '../../../src/compute/models/lenet.js';
import { parametersOf } from '../../../src/compute/parameters.js';
import type { Refusal } from '../../../src/compute/plan/plan-model.js';
import { createPlanEngine } from '../../../src/compute/plan/plan-engine.js';
import { useWasmBackend } from '../../../src/compute/wasm-training/index.js';
import { StalewartError } from '../../../src/errors.js';
import { fixture, makeDataset, makePartitions, never, withCompute } from '../fixtures/data.js';
import { planOf, relative } from './engines.js';

const dataset = makeDataset({ inputShape: [32, 32, 3], classes: 10, train: 96, test: 130 });
const options = { dataset, partitions: makePartitions(dataset, 2), batchSize: 12, model: 'lenet' } as const;

describe('the engine', () => {
  for (const model of ['lenet', fixture('named-loss-model')]) {
    it(`is the plan where ${basename(model)} can be planned, and does as TensorFlow.js does`, async () => {
      const [planned, byTfjs] = await Promise.all(
        (['auto', 'tfjs'] as const).map((engine) =>
          withCompute({ ...options, model, engine }, async (compute) => {
            const parameters = compute.model.initial;
            const update = await compute.run({ worker: 1, attempt: 3, parameters, localSteps: 4 }, never);
            const evaluation = await compute.evaluate(parameters);
            return { compute, update, evaluation };
          }),
        ),
      );
      assert.ok(planned && byTfjs);
      assert.equal(planned.compute.engine, 'plan');
      assert.equal(planned.compute.engineReason, 'it can do this model');
      assert.deepEqual([byTfjs.compute.engine, byTfjs.compute.engineReason], ['tfjs', 'as asked']);
      assert.deepEqual(planned.compute.model.initial, byTfjs.compute.model.initial);
      assert.ok(relative(planned.update.delta, byTfjs.update.delta) < 1e-4);
      const numbers = ({ update, evaluation }: typeof planned) => [
        update.loss,
        update.firstLoss,
        update.steps,
        update.samples,
        evaluation.accuracy,
        evaluation.loss,
        evaluation.samples,
      ];
      numbers(byTfjs).forEach((expected, i) =>
        assert.ok(Math.abs((numbers(planned)[i] ?? 0) - expected) < 1e-5),
      );
    });
  }

  it('asks before every step whether its task is cancelled, and gives nothing then', async () => {
    await useWasmBackend();
    const model = lenet(dataset);
    const plan = planOf(model, { batchSize: 12, learningRate: 0.1 });
    const parameters = new Float32Array(parametersOf(model).count);
    model.dispose();
    assert.ok(!('refusal' in plan));
    const gatherer = createGatherer(dataset);
    const engine = createPlanEngine(plan, { ...options, gatherer, untrained: [], seed: 1 });
    assert.ok(!('refusal' in engine));
    let asked = 0;
    const task = { worker: 0, attempt: 1, parameters, localSteps: 5 };
    assert.equal(
      engine.train(task, () => ++asked > 3),
      null,
    );
    assert.equal(asked, 4);
    asked = 0;
    assert.equal(engine.train(task, () => ++asked > 6)?.steps, 5);
  });

  it('leaves a task in a thread once its signal aborts, without a trace in the next', async () => {
    await withCompute({ ...options, engine: 'plan', threads: 2 }, async ({ run, model }) => {
      const task = { worker: 0, attempt: 1, parameters: model.initial, localSteps: 2 };
      const stale = new AbortController();
      // To its end it would take longer than a test may.
      const endless = run({ ...task, localSteps: 100_000 }, stale.signal);
      const outcomes = [await run(task, never)]; // by the other thread, while this one is at work
      stale.abort(new Error('too stale'));
      await assert.rejects(endless, /too stale/);
      outcomes.push(...(await Promise.all([run(task, never), run(task, never)])));
      const [first, ...others] = outcomes.map(({ delta, loss }) => ({ delta, loss }));
      for (const other of others) assert.deepEqual(other, first);
    });
  });

  it('evaluates to the same bits with one thread and with two', async () => {
    const results = [1, 2].map((threads) =>
      withCompute({ ...options, threads, engine: 'plan' }, ({ evaluate, model }) => evaluate(model.initial)),
    );
    const [one, two] = await Promise.all(results);
    assert.deepEqual(one, two);
  });

  it('is TensorFlow.js where it cannot be planned, and says why', async () => {
    const reasons = await Promise.all(
      [
        { model: fixture('tiny-model') },
        { model: fixture('faulty-model') },
        { model: fixture('softmax-model') },
        { model: fixture('tiny-model'), backend: 'cpu' as const },
      ].map((each) => withCompute(each, async ({ engine, engineReason }) => `${engine}: ${engineReason}`)),
    );
    assert.deepEqual(reasons, [
      'tfjs: no plan: layer gaussian_noise_GaussianNoise1 (GaussianNoise): a plan cannot do layers of this kind',
      'tfjs: no plan: the model has a loss of its own',
      'tfjs: no plan: layer sequential_1 (Sequential): a plan cannot do layers of this kind',
      'tfjs: the backend is cpu',
    ]);
  });

  it('asked to be the plan is refused where there is none, in one line', async () => {
    await assert.rejects(
      withCompute({ model: fixture('faulty-model'), engine: 'plan' }, async () => {}),
      (error) =>
        error instanceof StalewartError &&
        error.code === 'CONFIG' &&
        error.field === 'engine' &&
        error.message ===
          'engine is "plan", which cannot do this model: the model has a loss of its own; it must be auto or tfjs',
    );
  });
});

describe('choosing an engine', () => {
  const initial = Float32Array.of(1, 2, 3);
  const engineTo = (parameters: readonly number[], loss = 1): Engine => ({
    train: () => null,
    evaluate: () => ({ correct: 0, lossSum: 0 }),
    probe: () => ({ loss, parameters: Float32Array.from(parameters) }),
  });
  const choose = (tfjs: Engine, plan: Engine, choice: 'auto' | 'plan' = 'auto') =>
    chooseEngine({
      choice,
      backend: 'wasm',
      initial,
      tfjs: { shortage: () => null, make: () => tfjs },
      makePlan: () => ({ make: () => plan }),
    });

  it('takes a plan whose first step is that of TensorFlow.js but for rounding', () => {
    const { name } = choose(engineTo([1.1, 2.1, 3.1]), engineTo([1.1001, 2.1, 3.1]));
    assert.equal(name, 'plan');
  });

  it('leaves a plan alone whose first step or loss is another', () => {
    for (const plan of [
      engineTo([1.1, 2.1, 3.2]),
      engineTo([1.1, 2.1, 3.1], 1.1),
      engineTo([1.1, Number.NaN, 3.1]),
      engineTo([1.1, 2.1, 3.1], Number.NaN),
    ]) {
      const { name, reason } = choose(engineTo([1.1, 2.1, 3.1]), plan);
      assert.deepEqual([name, reason], ['tfjs', 'no plan: its first step is not that of TensorFlow.js']);
      assert.throws(() => choose(engineTo([1.1, 2.1, 3.1]), plan, 'plan'), /first step/);
    }
  });

  it('makes no engine where there is not enough memory', () => {
    const never = (): Engine => assert.fail('it was made');
    const scarce = (
      choice: 'auto' | 'plan' | 'tfjs',
      lack: 'step' | 'evaluation',
      plan: PlannedEngine | Refusal,
    ) =>
      chooseEngine({
        choice,
        backend: 'wasm',
        initial,
        tfjs: { shortage: (use) => (use === lack ? `${use} is too large` : null), make: never },
        makePlan: () => plan,
      });
    const small = { make: never };
    const large = { refusal: 'it would need 9 GB', tooLarge: true } as const;
    const refused = (run: () => unknown, code: string, message: string): void =>
      assert.throws(
        run,
        (error) => error instanceof StalewartError && error.code === code && error.message === message,
      );
    for (const choice of ['auto', 'tfjs'] as const) {
      for (const plan of [small, large]) {
        refused(() => scarce(choice, 'step', plan), 'MODEL', 'model: step is too large');
      }
      refused(() => scarce(choice, 'evaluation', large), 'MODEL', 'model: evaluation is too large');
    }
    refused(
      () => scarce('plan', 'step', large),
      'CONFIG',
      'engine is "plan", which cannot do this model: it would need 9 GB; take a smaller batch or model',
    );
    refused(() => scarce('plan', 'step', small), 'MODEL', 'model: step is too large');
  });

  it('asks for no room for evaluations by TensorFlow.js where a plan does them', () => {
    const engine = engineTo([1.1, 2.1, 3.1]);
    const chosen = chooseEngine({
      choice: 'auto',
      backend: 'wasm',
      initial,
      tfjs: { shortage: (use) => (use === 'step' ? null : 'too large'), make: () => engine },
      makePlan: () => ({ make: () => engine }),
    });
    assert.equal(chosen.name, 'plan');
  });

  it('takes the plan where the first step leads nowhere on both', () => {
    const { name } = choose(
      engineTo([Number.NaN, 2, 3], Number.NaN),
      engineTo([Number.NaN, 2, 3], Number.NaN),
    );
    assert.equal(name, 'plan');
  });
});
