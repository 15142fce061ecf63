import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { JobView } from '../../../src/api/ops/job-view.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { Payment, Refund } from '../../../src/entities/payments.entity.ts';
import { chargeOrder } from '../../../src/jobs/payments/charge-order.job.ts';
import { refundPayment } from '../../../src/jobs/payments/refund-payment.job.ts';
import type { Enqueue } from '../../../src/jobs/enqueue.ts';
import { newPerson, type Person } from '../../support/api/accounts.ts';
import { failedJob } from '../../support/api/failed-job.ts';
import { until } from '../../support/processes/process.ts';
import { openTestApi, type TestApi } from '../../support/api/test-api.ts';
import { pointersOf, problemOf } from '../../support/api/problem-of.ts';
import { fetchCompany, fetchQuote } from '../../support/api/market-kinds.ts';

const List = z.strictObject({ data: z.array(JobView), next_cursor: z.string().nullable() });
const Entries = z.object({ data: z.array(z.looseObject({ action: z.string() })) });

let api: TestApi;
let operator: Person;
beforeAll(async () => {
  api = await openTestApi();
  operator = await newPerson(api, 'operator');
  await until('Redis is there', () => (api.ctx.redis.status === 'ready' ? true : undefined));
});
afterAll(() => api.close());
beforeEach(async () => {
  for (const queue of api.ctx.jobs.queues.values()) await queue.obliterate({ force: true });
});

const search = async (query: string) => List.parse(await (await operator.send('GET', `/jobs?${query}`)).json());
const idsOf = ({ data }: z.output<typeof List>) => data.map(({ id }) => id);

describe('a search for jobs', () => {
  it('finds them by kind, by state and by what they are about, newest first', async () => {
    // Jobs of one millisecond have no order.
    const enqueue: Enqueue = async (...job) => {
      const id = await api.ctx.jobs.enqueue(...job);
      const madeBy = Date.now();
      await until('the next millisecond', () => (Date.now() > madeBy ? true : undefined));
      return id;
    };
    const quote = await enqueue(fetchQuote, { symbol: 'AAPL' });
    const other = await enqueue(fetchQuote, { symbol: 'MSFT' }, { lane: 'watchlist' });
    const company = await enqueue(fetchCompany, { symbol: 'AAPL' });
    const order = { order_id: crypto.randomUUID(), payment_id: crypto.randomUUID() };
    const charge = await enqueue(chargeOrder, order);
    expect(idsOf(await search('')).toSorted()).toEqual([quote, other, company, charge].toSorted());
    expect(idsOf(await search('kind=fetch-quote'))).toEqual([other, quote]);
    expect(idsOf(await search('key=aapl'))).toEqual([company, quote]);
    expect(idsOf(await search('key=AAPL&kind=fetch-quote&state=waiting'))).toEqual([quote]);
    expect(idsOf(await search('key=AAPL%20&kind=%20fetch-quote'))).toEqual([quote]);
    expect(idsOf(await search(`key=${order.order_id}`))).toEqual([charge]);
    expect(idsOf(await search(`key=${company}`))).toEqual([company]);
    for (const query of ['state=completed', 'kind=no-such', 'key=ZZZ']) expect((await search(query)).data).toEqual([]);
  });

  it('shows also a job that has come apart in Redis, whatever is left of it', async () => {
    const { ctx } = api;
    const ids = await Promise.all(['A', 'B', 'C', 'D'].map((symbol) => ctx.jobs.enqueue(fetchQuote, { symbol })));
    const keyOf = (id?: string) => `bull:finnhub:${id}`;
    await ctx.redis.hdel(keyOf(ids[0]), 'timestamp');
    await ctx.redis.hset(keyOf(ids[1]), { timestamp: 'soon', processedOn: '1e99', delay: 'x' });
    await ctx.redis.hset(keyOf(ids[2]), { data: 'null', timestamp: '99999999999999999999' });
    expect(idsOf(await search('')).toSorted()).toEqual(ids.toSorted());
    for (const id of ids) expect((await api.send('GET', `/jobs/${id}`)).status).toBe(200);
    const first = await search('limit=1&key=a');
    expect(idsOf(first)).toEqual([ids[0]]);
  });

  it('says why each waits, and where Bull Board shows it, and no payload', async () => {
    const id = await api.ctx.jobs.enqueue(chargeOrder, {
      order_id: crypto.randomUUID(),
      payment_id: randomUUIDv7(),
    });
    await api.ctx.jobs.queues.get('payments')?.pause();
    const [job] = (await search('kind=charge-order')).data;
    expect(job).toMatchObject({ id, state: 'waiting', waiting_because: 'the queue payments is paused' });
    expect(Object.keys(job ?? {})).not.toContain('payload');
    const page = await api.send('GET', job?.board_url ?? '', { as: 'admin', headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    const board = await api.send('GET', `/admin/queues/api/queues/payments/${id}`, { as: 'admin' });
    expect(await board.text()).toContain(`"href":"/jobs/${id}"`);
    await api.ctx.jobs.queues.get('payments')?.resume();
  });

  it('finds the charge and the refunds of an order that are known to MySQL alone to be about it', async () => {
    const placed = await api.send('POST', '/orders', { as: 'demo', body: { products: [1] } });
    const { id: order } = z.object({ id: z.string() }).parse(await placed.json());
    await until('its job has come', async () => ((await search(`key=${order}`)).data.length > 0 ? true : undefined));
    // What these jobs carry is another order: none of them is found by its payload, however new it is.
    const [others, asked] = [randomUUIDv7(), randomUUIDv7()];
    const charge = await api.ctx.jobs.enqueue(chargeOrder, { order_id: others, payment_id: asked });
    const back = await api.ctx.jobs.enqueue(refundPayment, { order_id: others, refund_id: asked });
    const em = api.ctx.orm.em.fork();
    await em.nativeUpdate(Payment, { order }, { jobId: charge });
    const payment = await em.findOneOrFail(Payment, { order }, { disableIdentityMap: true });
    const [id, gatewayKey, createdAt] = [randomUUIDv7(), randomUUIDv7(), new Date()];
    const refund = { id, order, payment: payment.id, amountMinor: 1, currency: payment.currency, gatewayKey };
    await em.insert(Refund, { ...refund, status: 'processing', createdAt, calls: 0, jobId: back });
    expect(idsOf(await search(`key=${order}&kind=charge-order`))).toContain(charge);
    expect(idsOf(await search(`key=${payment.id}&kind=charge-order`))).toContain(charge);
    expect(idsOf(await search(`key=${order}&kind=${refundPayment.kind}`))).toEqual([back]);
    expect(idsOf(await search(`key=${id}`))).toEqual([back]);
  });

  it('goes on page after page, each job once, for the search it was begun with', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 7; index += 1)
      ids.push(await api.ctx.jobs.enqueue(fetchQuote, { symbol: `S${index}` }));
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: z.output<typeof List> = await search(`kind=fetch-quote&limit=3${cursor && `&cursor=${cursor}`}`);
      seen.push(...idsOf(page));
      cursor = page.next_cursor;
      if (cursor !== null)
        expect(await pointersOf(await operator.send('GET', `/jobs?cursor=${cursor}`))).toEqual(['cursor']);
    }
    expect(seen.toSorted()).toEqual(ids.toSorted());
    expect(await pointersOf(await operator.send('GET', '/jobs?state=lost'))).toEqual(['state']);
  });

  it('looks at as many of a list as others leave to it', async () => {
    const symbols = Array.from({ length: 250 }, (_none, index) => `S${index}`);
    await api.ctx.jobs.enqueueAll(
      symbols.map((symbol) => ({ job: fetchQuote, id: randomUUIDv7(), payload: { symbol }, trace: null })),
    );
    expect((await search('key=S0')).data).toHaveLength(1);
    expect((await search('key=S249')).data).toHaveLength(1);
  });

  it('finds what has just come into a queue that tenants share, however much of another waits there', async () => {
    const ask = async (tenant: string, count: number) => {
      const payload = { order_id: randomUUIDv7(), payment_id: randomUUIDv7(), tenant };
      const asked = Array.from({ length: count }, () => ({ job: chargeOrder, id: randomUUIDv7(), payload }));
      await api.ctx.jobs.enqueueAll(asked);
      return asked.map(({ id }) => id);
    };
    for (let batch = 0; batch < 10; batch += 1) await ask('user:7', 400);
    const newest = await ask('key:a', 3);
    expect(idsOf(await search('state=waiting&limit=3')).toSorted()).toEqual(newest.toSorted());
    // Nor is the end of the backlog lost.
    const last = await ask('user:7', 2);
    expect(idsOf(await search('state=waiting&limit=5')).toSorted()).toEqual([...newest, ...last].toSorted());
  });

  it('is for operators', async () => {
    expect((await problemOf(await api.send('GET', '/jobs', { as: 'demo' }))).code).toBe('forbidden');
  });
});

describe('a retry', () => {
  it('gives a failed job its tries again, takes its dead letter back, and stands in the audit', async () => {
    const id = await failedJob(api.ctx);
    const answer = await api.send('POST', `/jobs/${id}/retry`, { as: 'admin' });
    expect(JobView.parse(await answer.json())).toMatchObject({ id, state: 'waiting', attempts: 0 });
    expect(await api.ctx.orm.em.fork().count(DeadLetter, { jobId: id })).toBe(0);
    const { data } = Entries.parse(await (await api.send('GET', '/audit', { as: 'admin' })).json());
    expect(data[0]).toMatchObject({ action: 'retryJob', subject: id, actor: 2, status: 200 });
    expect((await problemOf(await api.send('POST', `/jobs/${id}/retry`, { as: 'admin' }))).code).toBe('job_not_failed');
  });

  it('is not made of one that has been replayed', async () => {
    const id = await failedJob(api.ctx);
    await api.ctx.orm.em.fork().nativeUpdate(DeadLetter, { jobId: id }, { replayedAt: new Date() });
    expect((await problemOf(await api.send('POST', `/jobs/${id}/retry`, { as: 'admin' }))).code).toBe('job_not_failed');
    expect(await api.ctx.orm.em.fork().count(DeadLetter, { jobId: id })).toBe(1);
    const { data } = Entries.parse(await (await api.send('GET', `/audit?subject=${id}`, { as: 'admin' })).json());
    const ended = { status: 409, code: 'job_not_failed', before: { state: 'failed' }, after: { state: 'failed' } };
    expect(data).toContainEqual(expect.objectContaining(ended));
  });

  it('that comes twice at once is one, and leaves no letter to be replayed', async () => {
    const id = await failedJob(api.ctx);
    const both = ['first', 'second'].map(() => api.send('POST', `/jobs/${id}/retry`, { as: 'admin' }));
    const answers = await Promise.all(both);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await api.ctx.orm.em.fork().count(DeadLetter, { jobId: id })).toBe(0);
  });

  it('that comes while its job is being replayed is refused', async () => {
    const id = await failedJob(api.ctx);
    const [isMarked, isAsked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const replay = api.ctx.transaction(async (tx) => {
      await tx.nativeUpdate(DeadLetter, { jobId: id }, { replayedAt: new Date() });
      isMarked.resolve();
      await isAsked.promise;
    });
    await isMarked.promise;
    const asking = api.send('POST', `/jobs/${id}/retry`, { as: 'admin' });
    const sql = `/* of the test */ select 1 from information_schema.processlist
      where db = database() and info like 'select%dead%for update'`;
    await until('it waits', async () => (await api.ctx.orm.em.fork().execute(sql)).length > 0 || undefined);
    isAsked.resolve();
    await replay;
    expect((await problemOf(await asking)).code).toBe('job_not_failed');
    expect(await api.ctx.orm.em.fork().count(DeadLetter, { jobId: id })).toBe(1);
  });

  it('forgets also how many processes it has cost', async () => {
    const id = await failedJob(api.ctx);
    const key = api.ctx.jobs.queues.get('upkeep')?.toKey(id) ?? '';
    await api.ctx.redis.hset(key, 'stc', 21, 'ats', 3_700);
    expect((await api.send('POST', `/jobs/${id}/retry`, { as: 'admin' })).status).toBe(200);
    expect(await api.ctx.redis.hmget(key, 'stc', 'ats')).toEqual([null, null]);
  });

  it('on the board is the same one: of a job, and of all that nobody has replayed', async () => {
    const [one, replayed] = [await failedJob(api.ctx), await failedJob(api.ctx)];
    const others = [await failedJob(api.ctx), await failedJob(api.ctx), await failedJob(api.ctx)];
    const em = api.ctx.orm.em.fork();
    await em.nativeUpdate(DeadLetter, { jobId: replayed }, { replayedAt: new Date() });
    const put = (path: string) => api.send('PUT', `/admin/queues/api/queues/upkeep/${path}`, { as: 'admin' });
    expect((await put(`${one}/retry`)).status).toBe(204);
    expect((await problemOf(await put(`${replayed}/retry`))).code).toBe('job_not_failed');
    expect(await (await put('retry/failed')).json()).toEqual({ retried: 3, skipped: 1 });
    const left = await em.find(
      DeadLetter,
      { jobId: { $in: [one, ...others, replayed] } },
      { disableIdentityMap: true },
    );
    expect(left.map(({ jobId }) => jobId)).toEqual([replayed]);
    expect(idsOf(await search('state=waiting')).toSorted()).toEqual([one, ...others].toSorted());
  });

  it('is for administrators, and for jobs that there are', async () => {
    expect((await operator.send('POST', `/jobs/${randomUUIDv7()}/retry`)).status).toBe(403);
    for (const id of [randomUUIDv7(), 'meta', 'a:b'])
      expect((await api.send('POST', `/jobs/${id}/retry`, { as: 'admin' })).status).toBe(404);
  });
});
