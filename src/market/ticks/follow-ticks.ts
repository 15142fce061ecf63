import { setTimeout as sleep } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/mysql';
import type { Trade } from '../../gateways/finnhub/trade-frame.ts';
import type { TellOdd } from '../../gateways/http/lenient.ts';
import type { Transaction } from '../../outbox/transaction.ts';
import type { Log } from '../../process/log.ts';
import { openGathering } from './gather.ts';
import { claimLease, type Lease, leaseName } from './lease.ts';
import { type Line, openLine } from './line.ts';
import type { LiveTicks } from './live.ts';
import { addTicks, stretchSpans } from './store-ticks.ts';
import type { Wanting } from './wanted-symbols.ts';

/** What following trades needs of its process. */
export type TickParts = Readonly<{
  orm: MikroORM;
  transaction: Transaction;
  live: LiveTicks;
  wanted: Wanting;
  /** Has the provider asked for a price whose ticks begin: what was before is known by that alone. */
  fill(symbol: string): Promise<void>;
  socket: Readonly<{ url: string; key: string; symbols: number }>;
  tell: TellOdd;
  log: Log;
}>;

const claimEveryMs = 3_000;
const writeEveryMs = 1_000;
// With nobody connected there is only the lease to be kept, and to be looked for what is wanted.
const idleEveryMs = 4_000;
const tellEveryMs = 200;
const [firstRetryMs, longestRetryMs, steadyMs] = [500, 30_000, 5_000] as const;

/**
 * Follows trades until the signal aborts: in one process of all, whichever has the lease. It is connected while somebody wants ticks, and
 * again after each end; what has come is written once a second with what it proves to be complete, in a transaction that begins with the
 * lease.
 */
export async function followTicks(parts: TickParts, signal: AbortSignal): Promise<void> {
  const { log, socket } = parts;
  const name = leaseName(socket.url, socket.key);
  while (!signal.aborted) {
    const lease = await claimLease(name, parts).catch(() => undefined);
    if (lease)
      await hold(lease, parts, signal).catch((error: unknown) =>
        log.warn({ err: error }, 'ticks: could not be written, and are followed anew'),
      );
    // No two processes keep step.
    await pause(claimEveryMs * (0.5 + Math.random()), signal);
  }
}

/** Follows for as long as the lease is this process's. @throws when something could not be written. */
async function hold(lease: Lease, parts: TickParts, signal: AbortSignal): Promise<void> {
  const { live, log, wanted } = parts;
  const gathering = openGathering();
  const retry = openRetry();
  let line: Line | undefined;
  let whileConnected = signal;
  const news = openNews();
  const onTrades = (trades: readonly Trade[], frame: string) => {
    if (gathering.add(trades, frame)) for (const trade of trades) news.note(trade);
  };
  const connect = () => {
    const { socket, tell } = parts;
    const { now } = lease;
    const onTooMany = (most: number) => log.warn({ most }, 'ticks: the plan takes no more symbols');
    const opened = openLine({ ...socket, most: socket.symbols, now, tell, onTrades, onTooMany });
    const openedAtMs = performance.now();
    const ending = new AbortController();
    whileConnected = AbortSignal.any([signal, ending.signal]);
    const watch = watchOver(opened, { lease, news, live });
    const note = async () => {
      const why = await opened.gone;
      clearInterval(watch);
      ending.abort();
      if (!signal.aborted) log.info({ why }, 'ticks: the connection is gone');
      retry.note(performance.now() - openedAtMs);
    };
    void note();
    return opened;
  };
  const write = () => writeAll(lease, line, gathering, parts);
  try {
    while (!signal.aborted && lease.isHeld()) {
      const symbols = await wanted();
      if (line?.isGone()) line = undefined;
      if (symbols.length === 0) await line?.end();
      else if (!line && retry.isDue() && lease.isHeld()) line = connect();
      line?.follow(symbols);
      await write();
      const restMs = symbols.length === 0 ? idleEveryMs : writeEveryMs;
      // By signals: a promise as old as the connection would keep every rest that is raced with it.
      await pause(restMs, line ? whileConnected : signal);
    }
    if (signal.aborted) await write();
  } finally {
    await line?.end();
    // Where it is another's already, nothing is let go.
    await lease.release().catch(() => {});
  }
}

type Watching = Readonly<{ lease: Lease; news: ReturnType<typeof openNews>; live: LiveTicks }>;

/** Tells what is new, several times a second. A process that was frozen finds here that its time is over. */
function watchOver(line: Line, { lease, news, live }: Watching): NodeJS.Timeout {
  return setInterval(() => {
    if (!lease.isHeld()) return void line.end();
    const told = news.take();
    if (told.size > 0) live.tell(told).catch(() => {});
  }, tellEveryMs);
}

/** Writes what has come and how far it is complete, together or not at all, and keeps the lease by that. */
async function writeAll(
  lease: Lease,
  line: Line | undefined,
  gathering: ReturnType<typeof openGathering>,
  { transaction, fill, log }: TickParts,
): Promise<void> {
  const beganMs = performance.now();
  const begun: string[] = [];
  // In one turn: what is said to be complete has been gathered.
  const spans = line?.spans((symbol) => begun.push(symbol)) ?? [];
  const taken = gathering.take();
  await transaction(async (tx) => {
    await lease.keep(tx);
    await addTicks(tx, 1, taken[1]);
    await addTicks(tx, 60, taken[60]);
    await stretchSpans(tx, lease.fence, spans);
  });
  lease.noteKept(beganMs);
  await Promise.all(begun.map(fill)).catch((error: unknown) => log.debug({ err: error }, 'ticks: not filled now'));
}

/** The newest trades that have not been told; one that comes late is no news. */
function openNews() {
  const newest = new Map<string, Trade>();
  let untold = new Set<string>();
  return {
    note(trade: Trade) {
      const known = newest.get(trade.symbol);
      if (known && known.atMs > trade.atMs) return;
      newest.set(trade.symbol, trade);
      untold.add(trade.symbol);
    },
    take(): ReadonlyMap<string, Trade> {
      const told = new Map([...newest].filter(([symbol]) => untold.has(symbol)));
      untold = new Set();
      return told;
    },
  };
}

/** When to connect again: soon after a connection that has lasted, later and later after those that have not. */
function openRetry() {
  let waitMs: number = firstRetryMs;
  let dueMs = 0;
  return {
    isDue: () => performance.now() >= dueMs,
    note(lastedMs: number) {
      if (lastedMs >= steadyMs) waitMs = firstRetryMs;
      dueMs = performance.now() + waitMs * (0.5 + Math.random() / 2);
      waitMs = Math.min(waitMs * 2, longestRetryMs);
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}
