import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openHistoryRecorder } from '../../../src/ops/record-history.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';

const Steps = z.object({
  from: z.string(),
  to: z.string(),
  total: z.looseObject({ done: z.int(), failed: z.int() }),
  data: z.array(z.looseObject({ at: z.string(), done: z.int() })),
});

let api: TestApi;
beforeAll(async () => {
  api = await openTestApi();
  const { note, write } = openHistoryRecorder(api.ctx);
  const now = Date.now();
  for (const minutesAgo of [0, 30, 90, 60 * 26])
    note({ queue: 'payments', isDone: minutesAgo !== 30, tookMs: 100, endedAtMs: now - minutesAgo * 60_000 });
  await write();
});
afterAll(() => api.close());

const ask = (query: string, as: 'demo' | 'admin' = 'admin', queue = 'payments') =>
  api.send('GET', `/queues/${queue}/history?${query}`, { as });
const read = async (query: string) => Steps.parse(await (await ask(query)).json());

describe('GET /queues/{name}/history', () => {
  it('tells the last hour by the minute, the last day by the hour, and any span that is asked for', async () => {
    const minutes = await read('');
    expect(minutes.total).toEqual({ done: 1, failed: 1, p50: 0.0987, p95: 0.0987, p99: 0.0987 });
    expect(minutes.data.at(-1)).toMatchObject({ done: 1 });
    expect(minutes.data).toHaveLength(61);
    const hours = await read('by=hour');
    expect(hours.total).toMatchObject({ done: 2, failed: 1 });
    expect(hours.data).toHaveLength(25);
    const days = new Date(Date.now() - 2 * 86_400_000).toISOString();
    expect((await read(`by=hour&from=${days}`)).total).toMatchObject({ done: 3, failed: 1 });
  });

  it('ends with the last time that there is, and begins with the first', async () => {
    for (const [by, steps] of [
      ['hour', 24],
      ['minute', 1_440],
    ] as const) {
      const last = await read(`by=${by}&from=9999-12-31&to=9999-12-31`);
      expect([last.from, last.to]).toEqual(['9999-12-31T00:00:00.000Z', '9999-12-31T23:59:59.999Z']);
      expect(last.data).toHaveLength(steps);
      const first = await read(`by=${by}&from=1000-01-01&to=1000-01-01`);
      expect([first.from, first.to]).toEqual(['1000-01-01T00:00:00.000Z', '1000-01-02T00:00:00.000Z']);
      expect(first.data).toHaveLength(steps);
    }
  });

  it('refuses what it cannot tell', async () => {
    expect(await pointersOf(await ask('by=day'))).toEqual(['by']);
    expect(await pointersOf(await ask('from=2026-01-01&to=2026-01-03'))).toEqual(['by']);
    expect(await pointersOf(await ask('from=2026-01-03&to=2026-01-01'))).toEqual(['to']);
    expect(await problemOf(await ask('', 'admin', 'nothing'))).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('is for operators', async () => {
    expect(await problemOf(await ask('', 'demo'))).toMatchObject({ status: 403 });
    expect(await problemOf(await api.send('GET', '/queues/payments/history'))).toMatchObject({ status: 401 });
  });
});
