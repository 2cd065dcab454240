/**
 * The nats-server configuration that belongs to a run's credentials: mutual TLS, one account for the run, one user per
 * role, every subject denied but the role's own. Invariant: it holds public keys only; the one secret that a nats-server
 * needs is the key of its certificate, in a file beside it.
 */
import { type Permissions, permissionsOf, type Role, roleName } from './roles.js';

/** Files beside the configuration. nats-server looks for them in the folder in which it is started. */
export const natsFiles = {
  configuration: 'nats.conf',
  authority: 'ca.pem',
  certificate: 'server.pem',
  key: 'server-key.pem',
} as const;

export interface NatsUser {
  readonly role: Role;
  /** Public nkey, `U…`. */
  readonly publicKey: string;
}

/** A node of a cluster. */
export interface ClusterNode {
  readonly host: string;
  /** Hosts of all nodes, this one among them. */
  readonly hosts: readonly string[];
}

/** @param node null: a server by itself */
export function natsConfiguration(run: string, users: readonly NatsUser[], node: ClusterNode | null): string {
  return [
    header(run, node),
    basics(node),
    tls('tls', 0),
    account(run, users),
    ...(node === null ? [] : [cluster(run, node)]),
  ].join('\n');
}

function header(run: string, node: ClusterNode | null): string {
  const which = node === null ? 'The nats-server' : `The nats-server on ${node.host}`;
  return `# ${which} of the run ${run}, made by stalewart keys. Start it in this folder, to which the paths below are relative:
#   nats-server -c ${natsFiles.configuration}
# The users below are public keys. ${natsFiles.key} is secret: keep this folder to the user who runs nats-server.
`;
}

function basics(node: ClusterNode | null): string {
  const name = node === null ? 'stalewart' : node.host;
  return `server_name: ${quoted(name)}
listen: "0.0.0.0:4222"

# Longest message; longer tensors travel in chunks.
max_payload: 8MB
# Room for one update of every worker on the connection of the server process.
max_pending: 256MB
write_deadline: "10s"
ping_interval: "10s"
ping_max: 2
max_connections: 4096
lame_duck_duration: "30s"
lame_duck_grace_period: "2s"

# Lease and checkpoints. Two nats-servers never share a folder.
jetstream {
  store_dir: "./jetstream"
}
`;
}

/** Certificates of both sides are checked. A client on a machine with much to do may take seconds over the handshake. */
function tls(name: string, indent: number): string {
  const space = ' '.repeat(indent);
  const { certificate, key, authority } = natsFiles;
  return `${space}${name} {
${space}  cert_file: "${certificate}"
${space}  key_file: "${key}"
${space}  ca_file: "${authority}"
${space}  verify: true
${space}  timeout: 30
${space}}
`;
}

function account(run: string, users: readonly NatsUser[]): string {
  const entries = users.map(({ role, publicKey }) => {
    const { publish, subscribe } = permissionsOf(role);
    return `      # ${roleName(role)}
      { nkey: ${publicKey}, permissions: {
          publish: ${rule(publish)}
          subscribe: ${rule(subscribe)}
      } }`;
  });
  return `# What is not allowed here is denied. The run has an account of its own: nothing of it is seen from another.
authorization {
  default_permissions: { publish: { deny: ">" }, subscribe: { deny: ">" } }
}
accounts {
  ${quoted(`stalewart_${run}`)}: {
    jetstream: enabled
    users: [
${entries.join('\n')}
    ]
  }
}
`;
}

function cluster(run: string, { host, hosts }: ClusterNode): string {
  const routes = hosts.filter((other) => other !== host).map((other) => `    "tls://${urlHost(other)}:6222"`);
  return `cluster {
  name: ${quoted(`stalewart_${run}`)}
  listen: "0.0.0.0:6222"
${tls('tls', 2)}  routes: [
${routes.join('\n')}
  ]
}
`;
}

function rule(subjects: Permissions['publish']): string {
  if (subjects.length === 0) return '{ deny: [">"] }';
  return `{ allow: [${subjects.map((subject) => quoted(subject)).join(', ')}] }`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
