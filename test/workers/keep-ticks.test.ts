import { afterAll, beforeAll, expect, it } from 'vitest';
import { TickSecond, TickSpan } from '../../src/entities/ticks.entity.ts';
import { keepTicks } from '../../src/workers/keep-ticks.ts';
import { openTestApi, type TestApi } from '../support/api/test-api.ts';
import { until } from '../support/processes/process.ts';
import { type Sandbox, startSandbox } from '../support/upstreams/sandbox-process.ts';

let sandbox: Sandbox;
let api: TestApi;
beforeAll(async () => {
  sandbox = await startSandbox();
  const FINNHUB_WS_URL = new URL('/', sandbox.urls.finnhub).href.replace(/^http/, 'ws');
  api = await openTestApi({ FINNHUB_API_KEY: 'test', FINNHUB_WS_URL });
});
afterAll(async () => {
  await api.close();
  await sandbox.stop();
});

it.each([
  ['behind', -300_000],
  ['ahead', 300_000],
])(
  'trades of now are stored, and said to be complete, by a worker whose clock is five minutes %s',
  async (what, ms) => {
    const symbol = what === 'behind' ? 'AAPL' : 'MSFT';
    const ending = new AbortController();
    const startedAtMs = Date.now();
    const wrong = { ...api.ctx, now: () => new Date(Date.now() + ms) };
    const keeping = keepTicks(wrong, ending.signal, [async () => [symbol]]);
    const em = () => api.ctx.orm.em.fork();
    const span = await until(
      'a time of which all is stored',
      async () => (await em().findOne(TickSpan, { symbol })) ?? undefined,
    );
    await until('trades', async () => (await em().count(TickSecond, { symbol })) || undefined);
    ending.abort();
    await keeping;
    expect(span.beganAt.getTime()).toBeGreaterThanOrEqual(startedAtMs);
    expect(span.endedAt.getTime()).toBeLessThanOrEqual(Date.now());
  },
);
