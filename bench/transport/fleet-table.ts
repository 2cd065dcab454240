/**
 * Prints applied update bytes per second at the server for so many logical workers in another process, as a share of what the bare NATS
 * client carries from one process to the other in the same run; TCP for scale.
 */
import type { NatsServer } from '../../test/support/nats-server.js';
import { type FleetFigures, measureFleet } from './measure-fleet.js';

export interface FleetTableOptions {
  readonly workers: readonly number[];
  /** Of each figure; the median counts. */
  readonly trials: number;
  /** Sent for each figure, at least. */
  readonly megabytes: number;
}

/** 248 KB, the paper's network, and 8 MB. */
const sizes = [62_006, 2_000_000];
const middle = (figures: readonly FleetFigures[]): FleetFigures => {
  const sorted = figures.toSorted((one, other) => one.bytesPerSecond - other.bytesPerSecond);
  const chosen = sorted[Math.floor(sorted.length / 2)];
  if (chosen === undefined) throw new Error('nothing was measured');
  return chosen;
};
const cells = (...texts: readonly string[]): string => `${texts.map((text) => text.padStart(10)).join('')}\n`;
const cpu = (seconds: number | null): string => (seconds === null ? 'unknown' : seconds.toFixed(2));

function line(
  name: string,
  { bytesPerSecond, server, broker, workers: fleet }: FleetFigures,
  share = '',
): void {
  const speed = (bytesPerSecond / 1e6).toFixed(0);
  process.stdout.write(cells(name, speed, share, cpu(server), cpu(broker), cpu(fleet)));
}

export async function printFleetTable(
  nats: NatsServer,
  { workers, trials, megabytes }: FleetTableOptions,
): Promise<void> {
  for (const elements of sizes) {
    const bytes = elements * Float32Array.BYTES_PER_ELEMENT;
    process.stdout.write(
      `\nupdates of ${(bytes / 1e6).toFixed(3)} MB; CPU seconds per GB at server, broker, workers\n`,
    );
    process.stdout.write(cells('workers', 'MB/s', 'share', 'server', 'broker', 'workers'));
    const baselines: FleetFigures[] = [];
    for (const count of workers) {
      const updates = Math.max(Math.ceil((megabytes * 1e6) / bytes), 2 * count);
      const amount = { elements, workers: count, updates };
      const [plain, ours]: FleetFigures[][] = [[], []];
      // Turn about, so that a slow minute of the machine strikes both.
      for (let trial = 0; trial < trials; trial += 1) {
        plain?.push(await measureFleet('client', nats, amount));
        ours?.push(await measureFleet('transport', nats, amount));
      }
      const [carried, applied] = [middle(plain ?? []), middle(ours ?? [])];
      baselines.push(carried);
      line(String(count), applied, (applied.bytesPerSecond / carried.bytesPerSecond).toFixed(2));
    }
    line('client', middle(baselines), '1.00');
    const amount = { elements, workers: 1, updates: Math.ceil((megabytes * 1e6) / bytes) };
    line('TCP', await measureFleet('tcp', nats, amount));
  }
}
