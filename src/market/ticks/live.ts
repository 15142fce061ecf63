import type { Redis } from '../../redis/client.ts';
import type { Trade } from '../../gateways/finnhub/trade-frame.ts';

/** The newest trade of a symbol. */
export type Tick = Readonly<{ symbol: string; p: number; v: number; t: number }>;

const ticksKey = 'market:ticks';
const lookingKey = 'market:looking';
// Prices that nobody has told for so long are no live ones.
const ticksSeconds = 60;
const lookingMs = 15_000;
const mostLooked = 500;

/** What is live, shared by all processes through Redis: newest trades, and which symbols somebody looks at. */
export type LiveTicks = Readonly<{
  /** Tells the newest trades. */
  tell(trades: ReadonlyMap<string, Trade>): Promise<void>;
  /** The newest trade of each of these that has one. */
  read(symbols: readonly string[]): Promise<readonly Tick[]>;
  /** Says that somebody looks at these, for some seconds. */
  noteLooking(symbols: readonly string[]): Promise<void>;
  /** What anybody looks at now, in the order of names. */
  looking(): Promise<readonly string[]>;
}>;

/** Opens it on a connection that fails fast. */
export function openLiveTicks(redis: Redis, now: () => Date): LiveTicks {
  return {
    async tell(trades) {
      const fields = [...trades].flatMap(([symbol, { price, volume, atMs }]) => [
        symbol,
        JSON.stringify([price, volume, atMs]),
      ]);
      await redis.hset(ticksKey, ...fields);
      await redis.expire(ticksKey, ticksSeconds);
    },
    async read(symbols) {
      if (symbols.length === 0) return [];
      const found = await redis.hmget(ticksKey, ...symbols);
      return symbols.flatMap((symbol, index) => tickOf(symbol, found[index]));
    },
    async noteLooking(symbols) {
      const until = now().getTime() + lookingMs;
      await redis.zadd(lookingKey, ...symbols.slice(0, mostLooked).flatMap((symbol) => [until, symbol]));
      await redis.pexpire(lookingKey, lookingMs);
    },
    async looking() {
      await redis.zremrangebyscore(lookingKey, '-inf', now().getTime());
      return (await redis.zrange(lookingKey, 0, mostLooked - 1)).toSorted();
    },
  };
}

function tickOf(symbol: string, text: string | null | undefined): Tick[] {
  const [, p, v, t] = /^\[([^,\]]+),([^,\]]+),([^,\]]+)\]$/.exec(text ?? '') ?? [];
  return p === undefined ? [] : [{ symbol, p: Number(p), v: Number(v), t: Number(t) }];
}
