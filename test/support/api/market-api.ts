import type { Worker } from 'bullmq';
import { z } from 'zod';
import { finnhub } from '../../../src/jobs/queues.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { upstreams } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { type Sandbox, startSandbox } from '../upstreams/sandbox-process.ts';
import { openTestApi, type TestApi } from './test-api.ts';
import { quoteName } from './market-kinds.ts';

const Body = z.record(z.string(), z.unknown());

/** What a market route answered. */
export type Read = Readonly<{ status: number; headers: Headers; body: z.output<typeof Body> }>;

/** The API and the sandbox's market, with a worker only when a test wants one. */
export type MarketHouse = TestApi &
  Readonly<{
    sandbox: Sandbox;
    /** Reads a quote; `prefer` is the header's value. */
    quote(symbol: string, headers?: Record<string, string>): Promise<Read>;
    /** Reads any kind of market data of a symbol, waiting for it as long as one may. */
    read(kind: string, symbol: string): Promise<Read>;
    /** Puts a copy of AAPL's example price into the cache, this old. */
    keepCopy(symbol: string, ageMs: number): Promise<void>;
    /** How often, and for what, the market was called about a symbol. */
    callsAbout(symbol: string): Promise<string[]>;
    startWorker(): Worker;
  }>;

/** The original's example of a price. */
export const example = { c: 245.5, d: 7.62, dp: 3.2033, h: 246.3, l: 240.2106, o: 241.225, pc: 237.88, t: 1758312000 };

/** Opens it; `env` is laid over the test's environment, the sandbox's included. */
export async function openMarketHouse(env: Readonly<Record<string, string>> = {}): Promise<MarketHouse> {
  const sandbox = await startSandbox({ env });
  const api = await openTestApi({ ...upstreams(sandbox), PAYMENT_GATEWAY: 'instant', ...env });
  const { ctx } = api;
  await until('Redis is there', () => (ctx.redis.status === 'ready' ? true : undefined));
  const workers: Worker[] = [];
  const read = async (kind: string, symbol: string, headers: Record<string, string>): Promise<Read> => {
    const answer = await api.send('GET', `/market/${kind}?symbol=${encodeURIComponent(symbol)}`, { headers });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? {} : Body.parse(JSON.parse(text)) };
  };
  return {
    ...api,
    sandbox,
    quote: (symbol, headers = {}) => read('quote', symbol, headers),
    read: (kind, symbol) => read(kind, symbol, { prefer: 'wait=10' }),
    async keepCopy(symbol, ageMs) {
      const observedAtMs = Date.now() - ageMs;
      const as_of = new Date(observedAtMs).toISOString();
      const body = JSON.stringify({ symbol, ...example, as_of, source: 'finnhub' });
      await ctx.market.cache.write(quoteName(symbol), { body: body.slice(0, -1), observedAtMs });
    },
    async callsAbout(symbol) {
      const paths = (await sandbox.arrivals('finnhub')).map(({ path }) => new URL(path, 'http://x'));
      return paths
        .filter(({ searchParams }) => [searchParams.get('symbol'), searchParams.get('q')].includes(symbol))
        .map(({ pathname }) => pathname.split('/').at(-1) ?? '');
    },
    startWorker() {
      const worker = runQueue(finnhub, finnhub.concurrency, patientRedis(ctx.config), ctx);
      workers.push(worker);
      return worker;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
      await api.close();
      await sandbox.stop();
    },
  };
}
