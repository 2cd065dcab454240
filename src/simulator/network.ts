/**
 * How long models and updates travel in simulated time. Off, as in the paper, everything arrives at once. On, a message of
 * b bytes to or from worker k takes b / bandwidth_k + latency_k; and the server's own link, one in each direction, carries one
 * message after the other, b / serverBandwidth each, in the order in which they get there.
 */
import type { Time, WorkerId } from '../../protocols/sync/events.js';
import type { PerWorker } from '../stragglers/per-worker.js';

export interface NetworkSpec {
  /** Time units from one end to the other. Default: 0. */
  readonly latency: PerWorker<number>;
  /** Bytes per time unit of the worker's link. Default: without bound. */
  readonly bandwidth: PerWorker<number>;
  /** Bytes per time unit of the server's link in each direction; null: without bound. */
  readonly serverBandwidth: number | null;
}

export const noNetwork: NetworkSpec = { latency: {}, bandwidth: {}, serverBandwidth: null };

/** When the server's link is free again, in each direction. */
export interface NetworkState {
  readonly sendingUntil: Time;
  readonly receivingUntil: Time;
}

export interface Network {
  /** When a model that the server sends now is with the worker. */
  download(worker: WorkerId, bytes: number, now: Time): Time;
  /** When an update that the worker sends now is at the server's link. */
  upload(worker: WorkerId, bytes: number, now: Time): Time;
  /** When an update that is at the server's link now has been read. */
  receive(bytes: number, now: Time): Time;
  /** When a short message that the server sends now is with the worker. */
  signal(worker: WorkerId, now: Time): Time;
  /** As it is now, to be gone on from. */
  state(): NetworkState;
}

const idle: NetworkState = { sendingUntil: 0, receivingUntil: 0 };

/** @param from state to go on from; default: nothing is on its way */
export function createNetwork(
  { latency, bandwidth, serverBandwidth }: NetworkSpec,
  from: NetworkState = idle,
): Network {
  let { sendingUntil, receivingUntil } = from;
  const ownLatency = lookup(latency);
  const ownBandwidth = lookup(bandwidth);
  const latencyOf = (worker: WorkerId): Time => ownLatency(worker) ?? 0;
  const ownLink = (worker: WorkerId, bytes: number): Time => {
    const rate = ownBandwidth(worker);
    return latencyOf(worker) + (rate === undefined ? 0 : bytes / rate);
  };
  const serverLink = (bytes: number): Time => (serverBandwidth === null ? 0 : bytes / serverBandwidth);

  return {
    download(worker, bytes, now) {
      sendingUntil = Math.max(now, sendingUntil) + serverLink(bytes);
      return sendingUntil + ownLink(worker, bytes);
    },
    upload: (worker, bytes, now) => now + ownLink(worker, bytes),
    receive(bytes, now) {
      receivingUntil = Math.max(now, receivingUntil) + serverLink(bytes);
      return receivingUntil;
    },
    signal: (worker, now) => now + latencyOf(worker),
    state: () => ({ sendingUntil, receivingUntil }),
  };
}

/** `valueOf` these values. It is asked of every task, and mostly there are none. */
function lookup(values: PerWorker<number>): (worker: WorkerId) => number | undefined {
  const { all, ...own } = values;
  const byWorker = new Map(Object.entries(own).map(([worker, value]) => [Number(worker), value]));
  return byWorker.size === 0 ? () => all : (worker) => byWorker.get(worker) ?? all;
}
