import { once } from 'node:events';
import { createServer } from 'node:http';

/** Stands in for the market-data provider of both sides, and counts how often each symbol is asked for. */
export type Upstream = Readonly<{ url: string; calls(symbol: string): number; close(): void }>;

// As far away as a real one.
const answerMs = 100;

/** Answers every quote, after a moment. */
export async function openUpstream(): Promise<Upstream> {
  const calls = new Map<string, number>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
    const symbol = searchParams.get('symbol') ?? '';
    if (pathname === '/quote') calls.set(symbol, (calls.get(symbol) ?? 0) + 1);
    const t = Math.floor(Date.now() / 1_000);
    const quote = { c: 261.74, d: 1.2, dp: 0.46, h: 263.31, l: 260.68, o: 261.07, pc: 260.54, t };
    const limits = {
      'x-ratelimit-limit': '100000',
      'x-ratelimit-remaining': '99999',
      'x-ratelimit-reset': String(t + 60),
    };
    setTimeout(() => {
      response.writeHead(200, { 'content-type': 'application/json', ...limits });
      response.end(JSON.stringify(pathname === '/quote' ? quote : {}));
    }, answerMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port of the loopback was expected');
  return {
    url: `http://127.0.0.1:${address.port}`,
    calls: (symbol) => calls.get(symbol) ?? 0,
    close: () => server.close(),
  };
}
