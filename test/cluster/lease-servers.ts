/** Starts `lease-server.ts` programs for a test, hears what they say, and holds all of it to the promise: one leader at a time. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { filter, firstValueFrom, map, ReplaySubject, Subject } from 'rxjs';
import { z } from 'zod';

const standingSchema = z.object({
  type: z.string(),
  epoch: z.number().optional(),
  by: z.string().nullable().optional(),
  byEpoch: z.number().optional(),
  leaderLives: z.boolean().optional(),
});
const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('may'), at: z.number(), epoch: z.number() }),
  z.object({ type: z.literal('standing'), standing: standingSchema }),
  z.object({ type: z.literal('lost'), reason: z.string() }),
]);
type Line = z.infer<typeof lineSchema>;
export type ToldStanding = z.infer<typeof standingSchema>;

export interface LeaseServer {
  readonly name: string;
  /** Resolves with the first standing of that type among those not yet taken by an earlier call. */
  next(type: string): Promise<ToldStanding>;
  /** Resolves when it has seen another server renew the lease. */
  seesLeader(): Promise<void>;
  /** Resolves with the epoch when it says "yes" from now on. */
  nextYes(): Promise<number>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<void>;
  /** Every "yes, this server may commit", in order. */
  readonly yeses: readonly { readonly at: number; readonly epoch: number }[];
}

export interface LeaseServers {
  start(name: string, nats: string): LeaseServer;
  /** @throws AssertionError if ever two might commit at one time: then a "yes" of an older epoch follows one of a newer */
  checkOneLeader(): void;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('./lease-server.js', import.meta.url));

export function leaseServers(run: string, ttlSeconds: number): LeaseServers {
  const servers: LeaseServer[] = [];
  return {
    start(name, nats) {
      const server = startLeaseServer(name, JSON.stringify({ nats, run, ttlSeconds, holder: name }));
      servers.push(server);
      return server;
    },
    checkOneLeader() {
      const yeses = servers
        .flatMap(({ name, yeses: said }) => said.map((yes) => ({ ...yes, name })))
        .sort((a, b) => a.at - b.at);
      assert.ok(yeses.length > 0, 'nobody ever led');
      let newest = yeses[0];
      for (const yes of yeses) {
        if (newest === undefined || yes.epoch > newest.epoch) newest = yes;
        assert.equal(
          `${yes.name} in epoch ${yes.epoch}`,
          `${newest.name} in epoch ${newest.epoch}`,
          `at ${yes.at} s, ${newest.name} having led since ${newest.at} s`,
        );
      }
    },
    async stop() {
      for (const server of servers) server.kill('SIGKILL');
      await Promise.all(servers.map(({ ended }) => ended));
    },
  };
}

function startLeaseServer(name: string, options: string): LeaseServer {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [program, options], {
    stdio: 'pipe',
  });
  const ended = once(child, 'close').then(() => undefined);
  child.stdin.on('error', () => undefined);
  const lines = new ReplaySubject<Line>();
  const said = new Subject<number>();
  const yeses: { at: number; epoch: number }[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  createInterface({ input: child.stdout })
    .on('line', (text) => {
      const line = lineSchema.parse(JSON.parse(text));
      if (line.type === 'may') {
        yeses.push(line);
        said.next(line.epoch);
      } else lines.next(line);
    })
    .on('close', () => lines.error(new Error(`${name} has ended: ${errors.join('\n')}`)));
  let taken = 0;
  return {
    name,
    async next(type) {
      const found = await firstValueFrom(
        lines.pipe(
          map((line, index) => ({ line, index })),
          filter(
            ({ line, index }) => index >= taken && line.type === 'standing' && line.standing.type === type,
          ),
        ),
      );
      taken = found.index + 1;
      if (found.line.type !== 'standing') throw new Error('not a standing');
      return found.line.standing;
    },
    async seesLeader() {
      await firstValueFrom(
        lines.pipe(filter((line) => line.type === 'standing' && line.standing.leaderLives === true)),
      );
    },
    nextYes: () => firstValueFrom(said),
    kill: (signal) => void child.kill(signal),
    ended,
    yeses,
  };
}
