import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { finnhub } from '../../../src/jobs/queues.ts';
import { runQueue } from '../../../src/workers/run-queue.ts';
import { patientRedis } from '../../../src/redis/connection.ts';
import { openProvider, type Provider, says } from '../../support/upstreams/finnhub-provider.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { companyName } from '../../support/api/market-kinds.ts';

let provider: Provider;
let api: TestApi;
let stop: () => Promise<void>;
beforeAll(async () => {
  provider = await openProvider();
  api = await openTestApi({ FINNHUB_API_KEY: 'free', FINNHUB_BASE_URL: provider.url });
  const worker = runQueue(finnhub, 10, patientRedis(api.ctx.config), api.ctx);
  stop = () => worker.close();
});
afterAll(async () => {
  await stop();
  await api.close();
  await provider.close();
});
beforeEach(() => provider.answers(says(403, '{"error":"You don\'t have access to this resource."}')));

const read = async (path: string) => {
  const answer = await api.send('GET', path, { headers: { prefer: 'wait=10' } });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
};

test('what the plan does not include is 503 provider_plan_required, asked once, and no dead job', async () => {
  const first = await read('/market/company?symbol=SAP.DE');
  expect([first.status, first.body]).toMatchObject([503, { code: 'provider_plan_required' }]);
  expect(first.headers.get('retry-after')).toBe('86400');
  expect(provider.asked()).toBeDefined();
  provider.answers(says(403, '{}'));
  expect((await read('/market/company?symbol=SAP.DE')).body).toMatchObject({ code: 'provider_plan_required' });
  expect(provider.asked()).toBeUndefined();
  expect(await api.ctx.orm.em.fork().count(DeadLetter)).toBe(0);
  // Other symbols may well be part of it.
  await read('/market/company?symbol=IBM');
  expect(provider.asked()).toBeDefined();
});

test('a stored copy is the answer all the same, and nobody is asked for a newer one', async () => {
  const observedAtMs = Date.now() - 7 * 86_400_000;
  const body = JSON.stringify({ symbol: 'VOW.DE', as_of: new Date(observedAtMs).toISOString() });
  await api.ctx.market.cache.write(companyName('VOW.DE'), { body: body.slice(0, -1), observedAtMs });
  expect((await read('/market/company?symbol=VOW.DE')).body).toMatchObject({ stale: true });
  await until('it was asked for', () => provider.asked());
  provider.answers(says(403, '{}'));
  const outside = () => api.ctx.market.plan.isOutside('/stock/profile2?VOW.DE');
  await until('it is known', async () => ((await outside()) ? true : undefined));
  expect((await read('/market/company?symbol=VOW.DE')).body).toMatchObject({ stale: true });
  const waiting = await api.ctx.jobs.queues.get(finnhub.name)?.getJobCountByTypes('waiting', 'prioritized');
  expect([waiting, provider.asked()]).toEqual([0, undefined]);
});
