import type { Redis } from '../../redis/client.ts';
import type { Trade } from '../../gateways/finnhub/trade-frame.ts';

/** The newest trade of a symbol. */
export type Tick = Readonly<{ symbol: string; p: number; v: number; t: number }>;

const ticksKey = 'market:ticks';
const lookingKey = 'market:looking';
// Prices that nobody has told for so long are no live ones.
const ticksMs = 60_000;
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
  let forgotAtMs = Number.NEGATIVE_INFINITY;
  return {
    async tell(trades) {
      const fields = [...trades].flatMap(([symbol, { price, volume, atMs }]) => [
        symbol,
        JSON.stringify([price, volume, atMs]),
      ]);
      await redis.hset(ticksKey, ...fields);
      await redis.pexpire(ticksKey, ticksMs);
      // A clock that has been put back puts this off no longer.
      if (Math.abs(now().getTime() - forgotAtMs) < ticksMs) return;
      forgotAtMs = now().getTime();
      await forgetOld(redis, now);
    },
    async read(symbols) {
      if (symbols.length === 0) return [];
      const found = await redis.hmget(ticksKey, ...symbols);
      return symbols.flatMap((symbol, index) => tickOf(symbol, found[index])).filter(isLive(now));
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

/** The hash stays for as long as anything is traded: a symbol that is not has its last trade in it until this is done. */
async function forgetOld(redis: Redis, now: () => Date): Promise<void> {
  const isNew = isLive(now);
  const ticks = Object.entries(await redis.hgetall(ticksKey)).flatMap(([symbol, text]) => tickOf(symbol, text));
  const old = ticks.flatMap((tick) => (isNew(tick) ? [] : [tick.symbol]));
  // One process tells at a time, so that nothing newer has come meanwhile.
  if (old.length > 0) await redis.hdel(ticksKey, ...old);
}

function isLive(now: () => Date) {
  const sinceMs = now().getTime() - ticksMs;
  return ({ t }: Tick) => t >= sinceMs;
}

function tickOf(symbol: string, text: string | null | undefined): Tick[] {
  const [, p, v, t] = /^\[([^,\]]+),([^,\]]+),([^,\]]+)\]$/.exec(text ?? '') ?? [];
  return p === undefined ? [] : [{ symbol, p: Number(p), v: Number(v), t: Number(t) }];
}
