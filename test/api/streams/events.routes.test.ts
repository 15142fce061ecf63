import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { EventLog } from '../../../src/entities/outbox.entity.ts';
import { GatewayCall } from '../../../src/entities/payments.entity.ts';
import { pruneRecords } from '../../../src/jobs/ops/prune-records.job.ts';
import { firstIdOf } from '../../../src/outbox/ids.ts';
import { OrderHistory } from '../../../src/entities/orders.entity.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { performJob } from '../../support/api/perform-job.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const Page = z.object({
  data: z.array(
    z.object({ id: z.string(), type: z.string(), version: z.int(), subject: z.string(), data: z.object({}) }),
  ),
  next_cursor: z.string().nullable(),
});
const list = async (query: string) =>
  Page.parse(await (await shop.send('GET', `/events?${query}`, { as: 'admin' })).json());
const row = (subject: string, at: Date) => {
  const event = { stream: 'orders', type: 'order.created', version: 1, data: '{}', subject, at };
  return { ...event, id: crypto.randomUUID() };
};

describe('GET /events', () => {
  it('reads the log on and on, each event once, all or those of one subject', async () => {
    const orders = [await shop.place(), await shop.place(), await shop.place()];
    for (const { id } of orders) await shop.charge(id, takingGateway());
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: z.output<typeof Page> = await list(`limit=2${after ? `&after=${after}` : ''}`);
      seen.push(...page.data.map(({ subject, version, type }) => `${subject} ${version} ${type}`));
      after = page.next_cursor;
    } while (after !== null);
    expect(seen.toSorted()).toEqual(
      orders.flatMap(({ id }) => [`${id} 1 order.created`, `${id} 2 order.paid`]).toSorted(),
    );
    const { data } = await list(`subject=${orders[1]?.id}`);
    expect(data.map(({ type }) => type)).toEqual(['order.created', 'order.paid']);
    for (const written of [`%20${orders[1]?.id}`, `${orders[1]?.id}%20`])
      expect((await list(`subject=${written}`)).data, written).toEqual(data);
    expect((await list(`subject=${orders[1]?.id}&after=${data[0]?.id}`)).data).toEqual(data.slice(1));
  });

  it('shows what has just been committed at once, and nothing before it later', async () => {
    const { id } = await shop.place();
    const { data } = await list(`subject=${id}`);
    expect(data.map(({ type }) => type)).toEqual(['order.created']);
    // Events that are committed later come later, whenever they were written.
    await shop.ctx.orm.em
      .fork()
      .insert(EventLog, { ...row('late', new Date(0)), id: '00000000-0000-7000-8000-000000000000' });
    expect((await list(`after=${data[0]?.id}`)).data.map(({ subject }) => subject)).toEqual(['late']);
  });

  it('goes on after an event of the market that was deleted meanwhile', async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 3_600_000);
    const old = (stream: string, at: Date) => ({
      ...row(`old ${stream}`, at),
      stream,
      id: `${firstIdOf(at.getTime())}-7000-8000-000000000000`,
    });
    const rows = [old('orders', daysAgo(9)), old('market', daysAgo(8))];
    await shop.ctx.orm.em.fork().insertMany(EventLog, rows);
    const after = rows[1]?.id ?? '';
    expect((await list(`after=${after}`)).data).toEqual([]);
    const { id } = await shop.place();
    expect(await performJob(pruneRecords, {}, shop.ctx)).toEqual({ deleted: 1 });
    expect((await list(`after=${after}`)).data.map(({ subject }) => subject)).toEqual([id]);
  });

  it('is for administrators, and refuses what is no event', async () => {
    expect((await problemOf(await shop.send('GET', '/events', { as: 'demo' }))).code).toBe('forbidden');
    expect((await problemOf(await shop.send('GET', '/events'))).code).toBe('unauthenticated');
    for (const query of ['after=1', `after=${crypto.randomUUID()}`, `after=${randomUUIDv7()}`, 'limit=0'])
      expect((await problemOf(await shop.send('GET', `/events?${query}`, { as: 'admin' }))).code).toBe('invalid');
  });
});

const Told = z.object({ data: z.array(z.unknown()), next_cursor: z.string().nullable() });

describe('GET /orders/{id}/timeline', () => {
  it('tells states, talks with the gateway and events in time order', async () => {
    const { id } = await shop.place();
    await shop.charge(id, takingGateway());
    const Timeline = z.object({ data: z.array(z.looseObject({ at: z.string(), type: z.string() })) });
    const { data } = Timeline.parse(await (await shop.send('GET', `/orders/${id}/timeline`, { as: 'demo' })).json());
    expect(data.map(({ at }) => at)).toEqual(data.map(({ at }) => at).toSorted());
    const told = data.map(({ type, subject, to, event, operation, outcome }) =>
      [type, subject, to, event, operation, outcome].filter(Boolean).join(' '),
    );
    expect(told.toSorted()).toEqual(
      [
        'status order pending',
        'status payment processing',
        'event order.created',
        'gateway_call charge succeeded',
        'status payment succeeded',
        'status order paid',
        'event order.paid',
      ].toSorted(),
    );
  });

  it('is a list as all others: told page by page, nothing is missed or told twice', async () => {
    const { id } = await shop.place();
    await shop.charge(id, takingGateway());
    const em = shop.ctx.orm.em.fork();
    const at = new Date();
    for (const toStatus of ['one', 'two', 'three'])
      await em.insert(OrderHistory, {
        order: id,
        subject: 'order',
        subjectId: id,
        fromStatus: null,
        toStatus,
        reason: null,
        at,
      });
    const call = { order: id, subjectId: id, operation: 'look_up', startedAt: at } as const;
    for (const one of [1, 2]) await em.insert(GatewayCall, { id: randomUUIDv7(), ...call, outcome: String(one) });
    const read = async (query: string) => {
      const answer = await shop.send('GET', `/orders/${id}/timeline?${query}`, { as: 'demo' });
      return Told.parse(await answer.json());
    };
    const whole = await read('limit=100');
    expect(whole.data.length).toBeGreaterThan(10);
    expect(whole.next_cursor).toBeNull();
    for (const limit of [1, 2, 3]) {
      const told: unknown[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await read(`limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        told.push(...page.data);
        cursor = page.next_cursor;
      }
      expect(told).toEqual(whole.data);
    }
    for (const query of ['limit=0', 'limit=101', 'cursor=abc'])
      expect((await shop.send('GET', `/orders/${id}/timeline?${query}`, { as: 'demo' })).status).toBe(422);
  });

  it('is the owner’s', async () => {
    const answer = await shop.send('POST', '/orders', { as: 'admin', body: { products: [1] } });
    const { id } = z.object({ id: z.string() }).parse(await answer.json());
    expect((await problemOf(await shop.send('GET', `/orders/${id}/timeline`, { as: 'demo' }))).code).toBe('not_found');
    expect((await shop.send('GET', `/orders/${id}/timeline`, { as: 'admin' })).status).toBe(200);
  });
});
