import { expect } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { judgeWaiting } from '../../../src/workers/judge-alerts.ts';
import { storePrices } from '../load/store-prices.ts';
import { newPerson, type Person } from './accounts.ts';
import { quoteName } from './market-kinds.ts';
import { openTestApi, type TestApi } from './test-api.ts';

const Outcome = z.object({ status: z.string(), order_id: z.string().nullable(), code: z.string().nullable() });
/** An alert as it is answered. */
const Alert = z.looseObject({
  id: z.string(),
  status: z.string(),
  polled_every_seconds: z.int().nullable(),
  webhook: z.string().nullable(),
  firings: z.int(),
  fired: z.array(
    z.looseObject({ firing: z.int(), price: z.number(), reference: z.number().nullable(), order: Outcome.nullable() }),
  ),
});

/** An API with a key, where some shares are known to be listed: whatever has a price is. */
export async function openAlertApi(): Promise<TestApi> {
  const api = await openTestApi({ FINNHUB_API_KEY: 'test', WATCHLIST: 'MSFT', PAYMENT_GATEWAY: 'instant' });
  for (const symbol of 'AAPL IBM TSLA NVDA AMD ORCL'.split(' '))
    await api.ctx.market.cache.write(quoteName(symbol), { body: '{', observedAtMs: Date.now() });
  return api;
}

/** The body of a success. */
export async function madeOf(answer: Response): Promise<unknown> {
  const body: unknown = await answer.json();
  expect(answer.status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

/** Alerts of an API without workers: what a worker would do is done when prices are stored. */
export async function alertsOf(api: TestApi) {
  const { ctx } = api;
  const person = await newPerson(api);
  const judge = async () => {
    await ctx.events.relay.idle();
    await judgeWaiting(ctx);
    await ctx.events.relay.idle();
  };
  const look = async (id: string, by: Person = person) =>
    Alert.parse(await madeOf(await by.send('GET', `/market/alerts/${id}`)));
  return {
    person,
    judge,
    look,
    make: async (body: object, by: Person = person) =>
      Alert.parse(await madeOf(await by.send('POST', '/market/alerts', body))),
    /** Prices, one after the other, and all that follows from them. */
    async prices(symbol: string, ...some: readonly number[]) {
      const observed = some.map((price) => ({ symbol, price, asOf: new Date() }));
      await storePrices(ctx.transaction, observed);
      await judge();
    },
    pricesOf: async (id: string) => (await look(id)).fired.map(({ price }) => price).toReversed(),
    async told(id: string) {
      const em = ctx.orm.em.fork();
      const rows = await em.find(EventLog, { stream: 'alerts', subject: id }, { orderBy: { version: 'asc' } });
      return rows.map(({ data }) => z.looseObject({ price: z.number(), user_id: z.int() }).parse(JSON.parse(data)));
    },
  };
}
