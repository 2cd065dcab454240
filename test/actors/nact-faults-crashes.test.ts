/**
 * Faults of nact 7.6.2 that would break the promises of this project: what a crash does to others. Each test shows one of them, so
 * that we notice when a later nact mends it, and then that an actor of ours in the same situation is not hit.
 */
import assert from 'node:assert/strict';
import { spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import nact from 'nact';
import { createActorHarness, deferred, restartAfter, settleNact } from '../support/actor-harness.js';

/** Counts how many of the sections between `enter` and `leave` overlap. */
function overlapMeter() {
  let running = 0;
  const meter = {
    most: 0,
    enter: () => void (meter.most = Math.max(meter.most, ++running)),
    leave: () => void running--,
  };
  return meter;
}

describe('nact faults: concurrent handlers', () => {
  it('nact: resetting a busy actor runs two handlers at once', async () => {
    const meter = overlapMeter();
    const gate = deferred();
    const parent = nact.spawn(
      nact.start(),
      async (_: undefined, message: string, { children }) => {
        for (const child of children.values()) nact.dispatch(child, message);
        if (message === 'crash') throw new Error('reset my children');
      },
      'parent',
      { onCrash: (_message, _error, context) => context.resetAllChildren },
    );
    // resetAllChildren leaves the parent itself stuck; only the child matters here.
    nact.spawn(
      parent,
      async () => {
        meter.enter();
        await gate.promise;
        meter.leave();
      },
      'child',
    );
    for (const message of ['a', 'b', 'crash']) nact.dispatch(parent, message);
    await settleNact();
    assert.equal(meter.most, 2);
    gate.resolve();
    await settleNact();
  });

  it('ours: a crash from outside waits for the running handler, however short the backoff', async () => {
    const { clock, system } = createActorHarness();
    const meter = overlapMeter();
    const gate = deferred();
    const incarnations: number[] = [];
    const ref = system.spawn<string>({
      name: 'busy',
      restart: restartAfter(0),
      start: ({ incarnation }) => ({
        async receive() {
          meter.enter();
          incarnations.push(incarnation);
          await gate.promise;
          meter.leave();
        },
      }),
    });
    ref.tell('a');
    await clock.settle();
    ref.crash(new Error('asked to'));
    await clock.advance(1);
    assert.equal(ref.incarnation(), 1);
    gate.resolve();
    await clock.advance(1);
    ref.tell('b');
    await clock.settle();
    assert.deepEqual(incarnations, [1, 2]);
    assert.equal(meter.most, 1);
  });
});

describe('nact faults: escalation', () => {
  it('nact: a parent that answers an escalation with reset resets itself, not the child', async () => {
    let parentStates = 0;
    let childStates = 0;
    const parent = nact.spawn(nact.start(), () => undefined, 'parent', {
      initialStateFunc: () => void parentStates++,
      onCrash: (_message, _error, context) => context.reset,
    });
    const child = nact.spawn(
      parent,
      (): undefined => {
        throw new Error('escalate me');
      },
      'child',
      {
        initialStateFunc: () => void childStates++,
        onCrash: (_message, _error, context) => context.escalate,
      },
    );
    nact.dispatch(child, 'crash');
    await settleNact();
    assert.deepEqual({ parentStates, childStates }, { parentStates: 2, childStates: 1 });
  });

  it('ours: the child is restarted and the parent keeps its state', async () => {
    const { clock, system } = createActorHarness();
    const starts = { parent: 0, child: 0 };
    const parent = system.spawn<string>({
      name: 'parent',
      restart: restartAfter(1),
      start: ({ spawn }) => {
        starts.parent++;
        const child = spawn<string>({
          name: 'child',
          restart: restartAfter(1),
          start: () => {
            starts.child++;
            return {
              receive() {
                throw new Error('asked to');
              },
            };
          },
        });
        return { receive: (message) => child.tell(message) };
      },
    });
    parent.tell('crash');
    await clock.advance(1);
    assert.deepEqual(starts, { parent: 1, child: 2 });
  });
});

describe('nact faults: errors that end the process', () => {
  /** Runs a module in a Node process of its own; gives back its exit code and what it wrote. */
  async function runModule(source: string): Promise<{ code: number | null; output: string }> {
    const child = spawnProcess(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, output };
  }

  const nactModule = `
    import nact from ${JSON.stringify(import.meta.resolve('nact'))};
    const system = nact.start();
  `;
  const ourModule = `
    import { createActorSystem } from ${JSON.stringify(import.meta.resolve('../../actors/supervision.js'))};
    import { createVirtualClock } from ${JSON.stringify(import.meta.resolve('../support/virtual-clock.js'))};
    const clock = createVirtualClock();
    const system = createActorSystem({ clock });
    system.failures$.subscribe(({ action, error }) => console.log(action, error.message));
  `;

  it('nact: an actor stopped during a handler that later rejects kills the process', async () => {
    const { code, output } = await runModule(`${nactModule}
      const ref = nact.spawn(system, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        throw new Error('late');
      }, 'a', { onCrash: (message, error, context) => context.escalate });
      nact.dispatch(ref, 'work');
      setImmediate(() => nact.stop(ref));
    `);
    assert.equal(code, 1);
    assert.match(output, /reading 'handleFault'/);
  });

  it('ours: the late error is told, and the actor is stopped', async () => {
    const { code, output } = await runModule(`${ourModule}
      let running;
      const started = new Promise((resolve) => { running = resolve; });
      let fail;
      const ref = system.spawn({ name: 'a', start: () => ({
        receive: () => { running(); return new Promise((_, reject) => { fail = reject; }); },
      }) });
      ref.tell('work');
      await started;
      const stopped = ref.stop();
      fail(new Error('late'));
      await stopped;
      console.log((await ref.terminated).type);
    `);
    assert.equal(output, 'already-ended late\nstopped\n');
    assert.equal(code, 0);
  });

  it('nact: an onCrash that throws kills the process', async () => {
    const { code, output } = await runModule(`${nactModule}
      const ref = nact.spawn(system, () => { throw new Error('first'); }, 'a', {
        onCrash: () => { throw new Error('second'); },
      });
      nact.dispatch(ref, 'work');
    `);
    assert.equal(code, 1);
    assert.match(output, /second/);
  });

  it('ours: an onGivenUp that throws is told, and escalates', async () => {
    const { code, output } = await runModule(`${ourModule}
      const ref = system.spawn({
        name: 'a',
        start: () => ({ receive: () => { throw new Error('first'); } }),
        onGivenUp: () => { throw new Error('second'); },
      });
      ref.tell('work');
      console.log((await system.terminated).type);
    `);
    assert.equal(output, 'given-up first\nalready-ended second\ngiven-up\n');
    assert.equal(code, 0);
  });
});
