import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { StockQuote } from '../../../src/entities/market.entity.ts';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { readStream } from '../stores/stream-entries.ts';

/** What many readers of one symbol caused: their answers without repetition, and calls, rows and events. */
export type Caused = Readonly<{ answers: readonly string[]; calls: number; rows: number; events: number }>;

/** Requests are not counted, and a copy stays fresh for longer than a busy machine takes to answer all of them. */
export const crowdsWelcome = {
  RATE_LIMIT_ANONYMOUS_PER_MINUTE: '0',
  RATE_LIMIT_BURST: '0',
  QUOTE_TTL_SECONDS: '60',
};

/** As many requests are on their way to one process; the others wait for a connection to become free. */
const connections = 500;

/** Lets so many read a symbol at once, in turn over all APIs of the platform, on connections that are kept. */
export async function readByMany(platform: Platform, symbol: string, readers: number): Promise<Caused> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const reads = Array.from({ length: readers }, (_, index) => {
    const url = platform.urls[index % platform.urls.length] ?? '';
    return read(agent, `${url}/market/quote?symbol=${symbol}`);
  });
  const answers = new Set(await Promise.all(reads));
  agent.destroy();
  const eventsOf = async () =>
    (await readStream(platform.redis, 'market')).filter(({ subject }) => subject === symbol).length;
  await until('an event', async () => ((await eventsOf()) > 0 ? true : undefined));
  const calls = (await platform.sandbox.arrivals('finnhub')).filter(({ path }) => path.endsWith(`symbol=${symbol}`));
  const rows = await platform.orm.em.fork().count(StockQuote, { symbol });
  return { answers: [...answers], calls: calls.length, rows, events: await eventsOf() };
}

function read(agent: Agent, url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = get(url, { agent, headers: { prefer: 'wait=10' } }, (answer) => {
    text(answer).then((body) => resolve(`${answer.statusCode} ${body}`), reject);
  });
  request.on('error', reject);
  return promise;
}
