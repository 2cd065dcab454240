import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addressProblem, checkMessage } from '../../../protocols/wire/check-message.js';
import { updateIdOf } from '../../../protocols/sync/update-id.js';
import { familyOf, fitReason } from '../../../protocols/wire/messages.js';
import {
  announceSubject,
  lobbySubject,
  processSubject,
  serverSubject,
  workerSubject,
} from '../../../protocols/wire/subjects.js';
import {
  arbitraryMessage,
  assign,
  cancel,
  enter,
  heartbeat,
  join,
  update,
  welcome,
} from './messages-for-tests.js';

function reasonOf(header: unknown, tensor: Float32Array | null = null): string {
  const checked = checkMessage(header, tensor);
  assert.ok(!checked.ok, 'the message was accepted');
  return checked.reason;
}

describe('messages', () => {
  it('of every type are accepted when valid, with a header of their own and the same tensor', () => {
    fc.assert(
      fc.property(arbitraryMessage, (message) => {
        const checked = checkMessage(message.header, message.tensor);
        assert.ok(checked.ok);
        assert.deepEqual(checked.message.header, message.header);
        assert.notEqual(checked.message.header, message.header);
        assert.equal(checked.message.tensor, message.tensor);
      }),
    );
  });

  it('are refused with the field that is wrong', () => {
    const { header } = heartbeat();
    assert.match(reasonOf({ ...header, attempt: -1 }), /^attempt: /);
    assert.match(reasonOf({ ...header, attempt: 2 ** 53 }), /^attempt: /);
    assert.match(reasonOf({ ...header, incarnation: 0 }), /^incarnation: /);
    assert.match(reasonOf({ ...header, worker: 0.5 }), /^worker: /);
    assert.match(reasonOf({ ...header, run: 'a.b' }), /^run: must be 1 to 128 letters/);
    assert.match(reasonOf({ ...header, state: 'sleeping' }), /^state: /);
    assert.match(reasonOf({ ...header, type: 'unheard-of' }), /^type: /);
    assert.match(reasonOf({ ...header, more: 1 }), /more/);
    assert.match(
      reasonOf({ ...update(new Float32Array(1)).header, loss: Number.NaN }, new Float32Array(1)),
      /^loss: /,
    );
    for (const nothing of [null, undefined, 1, 'join', [], {}]) reasonOf(nothing);
  });

  it('are refused when "__proto__" is passed off as a field', () => {
    const text = JSON.stringify(heartbeat().header);
    assert.match(reasonOf(JSON.parse(text.replace('{', '{"__proto__":{"worker":1},'))), /__proto__/);
  });

  it('carry a tensor exactly where their type calls for one', () => {
    assert.match(reasonOf(update(new Float32Array(1)).header), /update: the tensor is missing/);
    assert.match(reasonOf(assign(new Float32Array(1)).header), /assign: the tensor is missing/);
    assert.match(reasonOf(join().header, new Float32Array(0)), /join: carries a tensor/);
    assert.ok(checkMessage(assign(new Float32Array(0)).header, new Float32Array(0)).ok);
  });

  it('are refused in one short line, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (key) => {
        const reason = reasonOf({ ...heartbeat().header, [`${key}\n${'x'.repeat(1000)}`]: 1 });
        assert.ok(reason.length <= 300);
        assert.doesNotMatch(reason, /\p{Cc}/u);
      }),
    );
  });

  it('travel only on a subject of the same run, process, worker and family', () => {
    assert.equal(addressProblem(serverSubject('run-1', 'node-1', 3), heartbeat(3).header), null);
    assert.equal(addressProblem(workerSubject('run-1', 'node-1', 3), cancel(3).header), null);
    assert.equal(addressProblem('anything.else', heartbeat(3).header), null);
    assert.match(
      addressProblem(serverSubject('run-1', 'node-1', 4), heartbeat(3).header) ?? '',
      /worker 3.*worker 4/,
    );
    assert.match(
      addressProblem(serverSubject('run-2', 'node-1', 3), heartbeat(3).header) ?? '',
      /"run-1".*"run-2"/,
    );
    assert.match(
      addressProblem(workerSubject('run-1', 'node-1', 3), heartbeat(3).header) ?? '',
      /"heartbeat" travels on server subjects only/,
    );
    assert.match(
      addressProblem(serverSubject('run-1', 'node-1', 3), cancel(3).header) ?? '',
      /"cancel" travels on worker subjects only/,
    );
    assert.match(
      addressProblem(serverSubject('run-1', 'node-2', 3), heartbeat(3).header) ?? '',
      /process "node-1".*process "node-2"/,
    );
    assert.equal(addressProblem(lobbySubject('run-1', 'node-1'), enter().header), null);
    assert.equal(addressProblem(processSubject('run-1', 'node-1'), welcome().header), null);
    assert.match(
      addressProblem(processSubject('run-1', 'node-2'), welcome().header) ?? '',
      /process "node-1".*process "node-2"/,
    );
    assert.match(addressProblem(announceSubject('run-1'), enter().header) ?? '', /travels on lobby subjects/);
  });

  it('know the family of subjects that they travel on', () => {
    assert.equal(familyOf(heartbeat().header), 'server');
    assert.equal(familyOf(cancel().header), 'worker');
    assert.equal(familyOf(enter().header), 'lobby');
    assert.equal(familyOf(welcome().header), 'process');
  });

  it('that open a conversation may have fields of another version, no others', () => {
    const { header } = enter();
    const checked = checkMessage({ ...header, protocol: 2, speed: 3 }, null);
    assert.deepEqual(checked.ok && checked.message.header, { ...header, protocol: 2 });
    assert.match(reasonOf({ ...welcome().header, speed: 3 }), /speed/);
  });

  it('take a reason of any length once it is cut', () => {
    assert.equal(fitReason('short'), 'short');
    const { header } = cancel();
    assert.ok(checkMessage({ ...header, reason: fitReason('x'.repeat(10_000)) }, null).ok);
    assert.match(reasonOf({ ...header, reason: 'x'.repeat(2001) }), /^reason: /);
  });

  it('name an update by worker, incarnation and attempt', () => {
    assert.equal(updateIdOf(3, 1, 7), '3.1.7');
  });
});
