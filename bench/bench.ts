import type { AimId, Series } from './goals.ts';
import type { Stores } from './servers.ts';
import type { Servers } from './settings.ts';
import { type PeerShape, startPeer } from './sides/peer.ts';
import { type Shape, startProduct } from './sides/product.ts';
import type { Side } from './sides/side.ts';
import type { Upstream } from './upstream.ts';

/** How much is measured. */
export type Effort = Readonly<{ rounds: number; seconds: number; warmSeconds: number; isQuick: boolean }>;

/** What every row is measured with. */
export type Bench = Readonly<{
  servers: Servers;
  stores: Stores;
  upstream: Upstream;
  /** A Python that has what the peer needs. */
  python: string | undefined;
  effort: Effort;
  /** Says how it goes. */
  say(line: string): void;
}>;

/** What a row, or several at once, has found; `rounds` is every single measure. */
export type Found = Readonly<{
  goals: Partial<Record<AimId, Readonly<Record<string, Series>>>>;
  rounds: readonly unknown[];
}>;

/** Something that is measured; it fills one row or several. */
export type Measure = Readonly<{
  ids: readonly AimId[];
  /** Only when it is asked for by name. */
  isOnlyByName?: boolean;
  run(bench: Bench): Promise<Found>;
}>;

/** Runs the product, alone on the machine, for as long as the work takes. */
export async function withProduct<T>(bench: Bench, shape: Shape, work: (side: Side) => Promise<T>): Promise<T> {
  return during(await startProduct(bench.servers, bench.stores, bench.upstream.url, shape), work);
}

/** The same for one shape of the peer; undefined where there is no Python for it. */
export async function withPeer<T>(
  bench: Bench,
  shape: PeerShape,
  work: (side: Side) => Promise<T>,
  variables: Readonly<Record<string, string>> = {},
): Promise<T | undefined> {
  const { python, servers, stores, upstream } = bench;
  if (!python) return undefined;
  return during(await startPeer(servers, stores, { python, upstream: upstream.url, shape, variables }), work);
}

async function during<T>(side: Side, work: (side: Side) => Promise<T>): Promise<T> {
  try {
    return await work(side);
  } finally {
    await side.stop();
  }
}
