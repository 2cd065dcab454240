/** Valid messages for the tests of the wire, and fast-check's supply of them. */
import fc from 'fast-check';
import type { ToLobby, ToProcess } from '../../../protocols/wire/lobby-messages.js';
import type { Message, MessageHeader, ToServer, ToWorker } from '../../../protocols/wire/messages.js';

/** The sender of all of them. */
export const fence = { run: 'run-1', process: 'node-1', life: '4f2a' } as const;

export function join(worker = 3): Message<ToServer> {
  return { header: { type: 'join', ...fence, worker, incarnation: 1, backend: 'wasm' }, tensor: null };
}

/** Its attempt numbers it. */
export function heartbeat(worker = 3, attempt = 0): Message<ToServer> {
  return {
    header: { type: 'heartbeat', ...fence, worker, incarnation: 1, attempt, state: 'computing' },
    tensor: null,
  };
}

export function update(tensor: Float32Array, worker = 3, attempt = 7): Message<ToServer> {
  return {
    header: {
      type: 'update',
      ...fence,
      worker,
      incarnation: 1,
      epoch: 1,
      attempt,
      updateId: `${worker}.1.${attempt}`,
      baseVersion: 41,
      steps: 10,
      samples: 320,
      loss: 2.25,
      firstLoss: 2.5,
      computeSeconds: 0.5,
      taskSeconds: 0.75,
    },
    tensor,
  };
}

export function assign(tensor: Float32Array, worker = 3, attempt = 7): Message<ToWorker> {
  return {
    header: {
      type: 'assign',
      ...fence,
      worker,
      incarnation: 1,
      epoch: 1,
      attempt,
      baseVersion: 41,
      localSteps: 10,
    },
    tensor,
  };
}

export function cancel(worker = 3): Message<ToWorker> {
  return {
    header: {
      type: 'cancel',
      ...fence,
      worker,
      incarnation: 1,
      epoch: 1,
      attempt: 7,
      staleness: 4,
      reason: 'τ = 4 ≥ τ_max = 4',
    },
    tensor: null,
  };
}

/** The bits of a tensor, for comparisons that NaN and −0 cannot blur. */
export function bits(tensor: Float32Array | null): Uint32Array | null {
  return tensor === null ? null : new Uint32Array(new Uint8Array(bytesOf(tensor)).buffer);
}

function bytesOf(tensor: Float32Array): Uint8Array {
  return new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength);
}

/** NaNs with payloads, both zeros, infinities, the smallest and the largest numbers. */
export function awkwardTensor(): Float32Array {
  const patterns = [0x7fc00001, 0xffc0dead, 0x7f800001, 0x80000000, 0, 0x7f800000, 0xff800000, 1, 0x7f7fffff];
  return new Float32Array(new Uint32Array(patterns).buffer);
}

const id = fc.nat({ max: 2 ** 31 });
const positive = fc.integer({ min: 1, max: 2 ** 31 });
const reason = fc.string({ unit: 'binary', maxLength: 40 });
const seconds = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0);
const loss = fc.option(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  { nil: null },
);
const life = fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/);
const anyProcess = {
  run: fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/),
  process: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  life,
};
const anyWorker = {
  ...anyProcess,
  worker: id,
  incarnation: positive,
};

/** Objects as a program writes them, with Object.prototype. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}

const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const content = record({
  name: fc.string({ maxLength: 100 }),
  moduleSha256: fc.option(sha256, { nil: null }),
  contentSha256: sha256,
});
const settings = fc.dictionary(
  fc.stringMatching(/^[a-z][A-Za-z]{0,20}$/),
  fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.integer()),
  ),
  { maxKeys: 5, noNullPrototype: true },
);

const arbitraryHeader: fc.Arbitrary<MessageHeader> = fc.oneof(
  record({ type: fc.constant('join' as const), ...anyWorker, backend: fc.string({ maxLength: 64 }) }),
  record({
    type: fc.constant('heartbeat' as const),
    ...anyWorker,
    attempt: id,
    state: fc.constantFrom('joining', 'computing', 'waiting', 'uploading', 'idle'),
  }),
  record({
    type: fc.constant('update' as const),
    ...anyWorker,
    epoch: id,
    attempt: positive,
    updateId: fc.string({ minLength: 1, maxLength: 128 }),
    baseVersion: id,
    steps: positive,
    samples: positive,
    loss,
    firstLoss: loss,
    computeSeconds: seconds,
    taskSeconds: seconds,
  }),
  record({
    type: fc.constant('offer' as const),
    ...anyWorker,
    epoch: id,
    attempt: positive,
    updateId: fc.string({ minLength: 1, maxLength: 128 }),
    baseVersion: id,
  }),
  record({
    type: fc.constant('grant' as const),
    ...anyWorker,
    epoch: id,
    updateId: fc.string({ minLength: 1, maxLength: 128 }),
  }),
  record({
    type: fc.constant('assign' as const),
    ...anyWorker,
    epoch: id,
    attempt: positive,
    baseVersion: id,
    localSteps: positive,
    gone: fc.array(id, { maxLength: 5 }),
    uploadOnGrant: fc.constant(true as const),
  }),
  record({ type: fc.constant('lost' as const), ...anyWorker, reason, returns: fc.boolean() }),
  record({
    type: fc.constant('assign' as const),
    ...anyWorker,
    epoch: id,
    attempt: positive,
    baseVersion: id,
    localSteps: positive,
  }),
  record({
    type: fc.constant('cancel' as const),
    ...anyWorker,
    epoch: id,
    attempt: positive,
    staleness: id,
    reason,
  }),
  record({
    type: fc.constant('ack' as const),
    ...anyWorker,
    epoch: id,
    updateId: fc.string({ minLength: 1, maxLength: 128 }),
    outcome: fc.constantFrom('accepted', 'refused'),
    reason,
  }),
  record({
    type: fc.constant('enter' as const),
    ...anyProcess,
    protocol: positive,
    slots: fc.integer({ min: 1, max: 1000 }),
    version: fc.string({ maxLength: 64 }),
    backend: fc.string({ maxLength: 64 }),
  }),
  record({ type: fc.constant('alive' as const), ...anyProcess }),
  record({ type: fc.constant('leave' as const), ...anyProcess, reason, returns: fc.boolean() }),
  record({
    type: fc.constant('welcome' as const),
    ...anyProcess,
    epoch: id,
    protocol: positive,
    workers: fc.array(record({ worker: id, incarnation: positive }), { maxLength: 5 }),
    wanting: id,
    deadAfter: fc.double({ min: 0.1, max: 1e6, noNaN: true }),
    config: settings,
    model: content,
    dataset: content,
  }),
  record({
    type: fc.constant('refuse' as const),
    ...anyProcess,
    protocol: positive,
    again: fc.boolean(),
    reason,
  }),
  record({
    type: fc.constant('end' as const),
    ...anyProcess,
    epoch: id,
    status: fc.constantFrom('finished', 'stopped', 'failed'),
    reason,
  }),
  record({
    type: fc.constant('announce' as const),
    run: anyProcess.run,
    epoch: id,
    protocol: positive,
    server: life,
  }),
  record({
    type: fc.constant('event' as const),
    run: anyProcess.run,
    epoch: id,
    kind: fc.constantFrom('round', 'evaluation', 'restart', 'failure', 'process', 'end'),
    record: settings,
  }),
  record({ type: fc.constant('stop' as const), ...anyWorker, epoch: id, rejoin: fc.boolean(), reason }),
);

/** A process asks for two workers. */
export function enter(): Message<ToLobby> {
  const header = {
    type: 'enter',
    ...fence,
    protocol: 1,
    slots: 2,
    version: '0.1.0',
    backend: 'wasm',
  } as const;
  return { header, tensor: null };
}

/** Its answer. */
export function welcome(): Message<ToProcess> {
  return {
    header: {
      type: 'welcome',
      ...fence,
      epoch: 1,
      protocol: 1,
      workers: [
        { worker: 3, incarnation: 1 },
        { worker: 4, incarnation: 2 },
      ],
      wanting: 0,
      deadAfter: 5,
      config: { batchSize: 32, policy: 'abs', straggler: 'none', time: null },
      model: { name: 'lenet', moduleSha256: null, contentSha256: 'ab'.repeat(32) },
      dataset: { name: 'data/mine.mjs', moduleSha256: '01'.repeat(32), contentSha256: 'cd'.repeat(32) },
    },
    tensor: null,
  };
}

/** Any valid message; tensors of up to 100 elements with any bits. */
export const arbitraryMessage: fc.Arbitrary<Message> = fc
  .record({
    header: arbitraryHeader,
    elements: fc.uint32Array({ maxLength: 100 }),
  })
  .map(({ header, elements }) => ({
    header,
    tensor:
      header.type === 'update' || header.type === 'assign' ? new Float32Array(elements.slice().buffer) : null,
  }));
