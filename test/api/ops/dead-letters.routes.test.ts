import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { payloadSchema } from '../../../src/api/ops/job-view.ts';
import { DeadLetter } from '../../../src/entities/ops.entity.ts';
import { GiveUp } from '../../../src/errors.ts';
import { bury } from '../../../src/ops/dead-letters.ts';
import { openLog } from '../../../src/process/log.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const Letters = z.object({
  data: z.array(z.object({ id: z.string(), kind: z.string(), reason: z.string(), replayed_at: z.string().nullable() })),
});
const Replay = z.object({
  matching: z.int(),
  data: z.array(z.object({ id: z.string(), job_id: z.string().nullable() })),
});
const list = async (query = '') =>
  Letters.parse(await (await shop.send('GET', `/dead-letters?${query}`, { as: 'admin' })).json()).data;
const Shown = z.object({ data: z.array(z.record(z.string(), z.unknown())) });
const shownOf = async (kind: string) =>
  Shown.parse(await (await shop.send('GET', `/dead-letters?kind=${kind}`, { as: 'admin' })).json()).data;
const replay = async (body: object) =>
  Replay.parse(await (await shop.send('POST', '/dead-letters/replay', { as: 'admin', body })).json());
const die = (name: string, data: unknown, id: string = randomUUIDv7()) =>
  bury(shop.ctx, { id, name, data, attemptsMade: 2 }, new GiveUp('no more'));

describe('dead letters', () => {
  it('are kept once each, with their reason', async () => {
    await die('reconcile', {}, 'one');
    await die('reconcile', {}, 'one');
    await die('prune-tokens', {});
    expect(await list('kind=reconcile')).toMatchObject([{ kind: 'reconcile', reason: 'GiveUp: no more' }]);
    expect(await list('kind=%20reconcile')).toEqual(await list('kind=reconcile%20'));
    expect((await list()).map(({ kind }) => kind)).toEqual(['prune-tokens', 'reconcile']);
  });

  it('say what they were to do, where their job is, and where that of their replay', async () => {
    const id = randomUUIDv7();
    await die('sync-products', { asked: true }, id);
    await die('melt-snow', {}, 'of somebody');
    const [letter] = await shownOf('sync-products');
    expect(letter).toMatchObject({
      queue: 'catalog',
      payload: { asked: true },
      job_id: id,
      job_url: `/jobs/${id}`,
      board_url: `/admin/queues/queue/catalog/${id}`,
      replay_job_url: null,
    });
    const [replayed] = (await replay({ ids: [letter?.['id']] })).data;
    expect(await shownOf('sync-products')).toMatchObject([{ replay_job_url: `/jobs/${replayed?.job_id}` }]);
    expect((await shop.send('GET', `/jobs/${replayed?.job_id}`)).status).toBe(200);
    expect(await shownOf('melt-snow')).toMatchObject([{ queue: null, job_url: null, board_url: null }]);
    await shop.ctx.orm.em.fork().nativeDelete(DeadLetter, {});
  });

  it('of jobs that are one while they wait are replayed as one, which there is', async () => {
    for (const symbol of ['AAPL', 'AAPL', 'MSFT']) await die('fetch-quote', { symbol });
    const { data } = await replay({ kind: 'fetch-quote' });
    expect(data).toHaveLength(3);
    expect(new Set(data.map(({ job_id }) => job_id)).size).toBe(2);
    for (const { job_id } of data) expect((await shop.send('GET', `/jobs/${job_id}`)).status).toBe(200);
    await shop.ctx.orm.em.fork().nativeDelete(DeadLetter, {});
  });

  it('whose job is asked for already, and has not finished, are replayed by that one', async () => {
    const { definitions, enqueue } = shop.ctx.jobs;
    const job = definitions.jobs.get('fetch-quote');
    if (!job) throw new Error('there is no such kind');
    const id = await enqueue(job, { symbol: 'TSLA' });
    await die('fetch-quote', { symbol: 'TSLA' });
    const { data } = await replay({ kind: 'fetch-quote' });
    expect(data).toMatchObject([{ job_id: id }]);
    expect((await shop.send('GET', `/jobs/${data[0]?.job_id}`)).status).toBe(200);
    await shop.ctx.orm.em.fork().nativeDelete(DeadLetter, {});
  });

  it('can hold nothing secret or personal: what each kind of job is told are ids and facts', () => {
    const { jobs } = shop.ctx.jobs.definitions;
    expect(jobs.size).toBeGreaterThan(10);
    for (const [kind, job] of jobs) {
      const named = Object.keys(
        z.object({ properties: z.record(z.string(), z.unknown()) }).parse(payloadSchema(job)).properties,
      );
      const suspicious = named.filter((name) =>
        /secret|token|password|key|e?mail|name|address|card|method|url/i.test(name),
      );
      expect(suspicious, kind).toEqual([]);
    }
  });

  it('are replayed once each, at most as many as asked for, and not by a dry run', async () => {
    for (let count = 0; count < 3; count += 1) await die('expire-orders', {});
    const kind = 'expire-orders';
    expect(await replay({ kind, dry_run: true })).toMatchObject({ matching: 3, data: [{ job_id: null }, {}, {}] });
    expect((await replay({ kind, limit: 2 })).data).toHaveLength(2);
    const rest = await Promise.all([replay({ kind }), replay({ kind }), replay({ kind })]);
    expect(rest.flatMap(({ data }) => data)).toHaveLength(1);
    expect(await list('kind=expire-orders&replayed=false')).toEqual([]);
  });

  it('that no longer fit their kind, or whose kind is gone, stay', async () => {
    await die('charge-order', { order_id: 'none' });
    await die('melt-snow', {});
    expect((await replay({ kind: 'charge-order' })).data).toEqual([]);
    expect((await replay({ kind: 'melt-snow' })).data).toEqual([]);
    expect(await list('kind=melt-snow&replayed=false')).toHaveLength(1);
  });

  it('of any size and depth are kept, or marked as what could not be', async () => {
    let deep: unknown = 'bottom';
    for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
    const large = { text: 'x'.repeat(60_000) };
    for (const data of [large, { text: 'x'.repeat(70_000) }, { text: 'é'.repeat(60_000) }, deep, undefined, null])
      await die('melt-snow', data);
    const answer = await shop.send('GET', '/dead-letters?kind=melt-snow&limit=6', { as: 'admin' });
    const Payloads = z.object({ data: z.array(z.object({ payload: z.unknown() })) });
    const payloads = Payloads.parse(await answer.json()).data.map(({ payload }) => payload);
    expect(payloads.filter((payload) => payload === null)).toHaveLength(2);
    expect(payloads).toContainEqual(large);
    const marks = payloads.filter((payload) => typeof payload === 'string');
    expect(marks.toSorted()).toEqual([
      '[a payload nested too deeply to be kept]',
      '[a payload of 120011 bytes: too large to be kept]',
      '[a payload of 70011 bytes: too large to be kept]',
    ]);
  });

  it('whose text was cut spoil neither a page nor a replay, however many they are', async () => {
    const kind = 'prune-market';
    const cut = { kind, payload: '{"text":"xxx', reason: 'GiveUp: no more', attempts: 1, diedAt: new Date() };
    const rows = Array.from({ length: 230 }, () => ({ ...cut, id: randomUUIDv7(), jobId: randomUUIDv7() }));
    await shop.ctx.orm.em.fork().insertMany(DeadLetter, rows);
    // Letters of one millisecond have no order; this one is the last.
    await shop.ctx.orm.em.fork().insert(DeadLetter, {
      ...cut,
      id: `ffffffff${randomUUIDv7().slice(8)}`,
      jobId: 'last',
      payload: '{}',
    });
    expect(await list(`kind=${kind}&limit=100`)).toHaveLength(100);
    expect(await replay({ kind, limit: 1 })).toMatchObject({ matching: 231, data: [{ job_id: expect.any(String) }] });
    expect((await replay({ kind, limit: 100 })).data).toEqual([]);
  });

  it('never tell the log what they were about', async () => {
    const lines: string[] = [];
    const log = openLog('test', 'trace', [], { write: (line: string) => void lines.push(line) });
    await shop.ctx.orm.em.fork().execute('rename table dead_letters to dead_away');
    const dead = { id: 'lost', name: 'reconcile', data: { card: 'canary-4242' }, attemptsMade: 2 };
    await bury({ ...shop.ctx, log }, dead, new GiveUp('no more'));
    await shop.ctx.orm.em.fork().execute('rename table dead_away to dead_letters');
    expect(lines.join('')).toContain('lost');
    expect(lines.join('')).not.toContain('canary-4242');
  });

  it('of a paid order charge nothing when they are replayed', async () => {
    const { id, payment } = await shop.place();
    await shop.charge(id, takingGateway());
    await die('charge-order', { order_id: id, payment_id: payment?.id });
    expect((await replay({ kind: 'charge-order', limit: 100 })).data).toHaveLength(1);
    const calls: string[] = [];
    expect(await shop.charge(id, takingGateway(calls))).toBe('settled');
    expect(calls).toEqual([]);
  });

  it('are for operators to read and for administrators to replay', async () => {
    expect((await problemOf(await shop.send('GET', '/dead-letters', { as: 'demo' }))).code).toBe('forbidden');
    const body = { dry_run: true };
    expect((await problemOf(await shop.send('POST', '/dead-letters/replay', { as: 'demo', body }))).code).toBe(
      'forbidden',
    );
    const wrong = await shop.send('POST', '/dead-letters/replay', { as: 'admin', body: { limit: 101 } });
    expect((await problemOf(wrong)).code).toBe('invalid');
  });
});
