/**
 * A real cluster of nats-servers with JetStream for a test, on free ports of 127.0.0.1. Invariants: every node has a store
 * folder of its own; no node outlives this process, and no folder does unless the process is killed. A node is ready
 * when it answers for JetStream, which it does once it knows the cluster's leader.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'nats';
import { systemClock } from '../../src/clock/clock.js';
import { type NatsServer, startNatsServer } from './nats-server.js';

export interface NatsClusterOptions {
  /** Nodes. Default 3. */
  readonly nodes?: number;
  /** Longest message, bytes. Default 1 MiB, nats-server's own. */
  readonly maxPayload?: number;
}

export interface NatsNode extends NatsServer {
  /** `n1`, `n2`, …: by this name the cluster tells who leads a stream. */
  readonly name: string;
  /** As that of a single server, and it knows the leader of the cluster: a majority of the nodes must run, or start. */
  restart(): Promise<void>;
}

export interface NatsCluster {
  readonly nodes: readonly NatsNode[];
  /** Addresses of all nodes, with commas. */
  readonly url: string;
  /** @throws Error if no node has that name */
  node(name: string | undefined): NatsNode;
  /** Ends every node, also one that is stopped, and removes the folders. */
  stop(): Promise<void>;
}

/** Ports that were free may be somebody's when the nodes take them: then all begin again with others. */
const attempts = 3;

export async function startNatsCluster(options: NatsClusterOptions = {}): Promise<NatsCluster> {
  for (let attempt = 1; ; attempt++) {
    const folder = await mkdtemp(join(tmpdir(), 'stalewart-nats-'));
    const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
    process.once('exit', removeFolder);
    const started = await startNodes(folder, options);
    const failure = started.find((outcome) => outcome.status === 'rejected');
    const nodes = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const stop = async (): Promise<void> => {
      await Promise.all(nodes.map((node) => node.stop()));
      await rm(folder, { recursive: true, force: true });
      process.removeListener('exit', removeFolder);
    };
    if (failure === undefined) {
      await Promise.all(nodes.map((node) => answersForJetStream(node.url)));
      return clusterOf(nodes, stop);
    }
    await stop();
    if (attempt === attempts) throw failure.reason;
  }
}

function clusterOf(nodes: readonly NatsNode[], stop: () => Promise<void>): NatsCluster {
  return {
    nodes,
    url: nodes.map(({ url }) => url).join(','),
    node(name) {
      const found = nodes.find((node) => node.name === name);
      if (found === undefined) throw new Error(`no node is called ${String(name)}`);
      return found;
    },
    stop,
  };
}

async function startNodes(
  folder: string,
  { nodes = 3, maxPayload = 2 ** 20 }: NatsClusterOptions,
): Promise<PromiseSettledResult<NatsNode>[]> {
  const ports = await freePorts(nodes);
  const routes = ports.map((port) => `nats://127.0.0.1:${port}`).join(', ');
  return Promise.allSettled(
    ports.map(async (port, index) => {
      const name = `n${index + 1}`;
      const store = join(folder, name);
      await mkdir(store);
      const config = join(folder, `${name}.conf`);
      await writeFile(
        config,
        `server_name: ${name}
max_payload: ${maxPayload}
jetstream { store_dir: ${JSON.stringify(store)}, max_memory_store: 64MB, max_file_store: 4GB }
cluster { name: test, listen: "127.0.0.1:${port}", routes: [${routes}] }
`,
      );
      return startNode(name, config);
    }),
  );
}

async function startNode(name: string, config: string): Promise<NatsNode> {
  const server = await startNatsServer({ config });
  return {
    name,
    url: server.url,
    port: server.port,
    get pid() {
      return server.pid;
    },
    kill: (signal) => server.kill(signal),
    async restart() {
      await server.restart();
      await answersForJetStream(server.url);
    },
    stop: () => server.stop(),
  };
}

/** Asks until there is an answer: a node tells nobody that it has got to know the cluster's leader. */
async function answersForJetStream(url: string): Promise<void> {
  const clock = systemClock();
  const nats = await connect({ servers: url, timeout: 60_000 });
  try {
    const manager = await nats.jetstreamManager({ checkAPI: false, timeout: 1000 });
    for (;;) {
      try {
        await manager.getAccountInfo();
        return;
      } catch {
        await new Promise<void>((resolve) => {
          clock.after(0.05, resolve);
        });
      }
    }
  } finally {
    await nats.close();
  }
}

/** Ports that nobody listens on now, all different. */
async function freePorts(count: number): Promise<number[]> {
  const holders = await Promise.all(
    Array.from({ length: count }, async () => {
      const holder = createServer();
      await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
      return holder;
    }),
  );
  return Promise.all(
    holders.map(async (holder) => {
      const address = holder.address();
      if (address === null || typeof address === 'string') throw new Error('a listener without a port');
      await new Promise((resolve) => holder.close(resolve));
      return address.port;
    }),
  );
}
