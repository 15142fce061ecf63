import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PaymentView } from '../../../src/api/payments/payments.routes.ts';
import { RefundView } from '../../../src/api/payments/refunds.routes.ts';
import { RateLimited } from '../../../src/errors.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';
import { problemOf } from '../../support/api/problem-of.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const get = (path: string, as?: 'demo' | 'admin') => shop.send('GET', path, as ? { as } : {});
const post = (path: string, as?: 'demo' | 'admin') => shop.send('POST', path, as ? { as } : {});
const Page = z.object({ data: z.array(PaymentView), next_cursor: z.string().nullable() });
const codeOf = async (answer: Response) => (await problemOf(answer)).code;

describe('reading payments', () => {
  it('pages through one’s own, filtered, and shows each alone', async () => {
    const orders = [await shop.place(), await shop.place(), await shop.place()];
    await shop.charge(orders[0]?.id ?? '', takingGateway());
    const first = Page.parse(await (await get('/payments?limit=2', 'demo')).json());
    const rest = Page.parse(await (await get(`/payments?limit=2&cursor=${first.next_cursor}`, 'demo')).json());
    expect([...first.data, ...rest.data].map(({ order_id }) => order_id)).toEqual(
      orders.map(({ id }) => id).toReversed(),
    );
    const { data } = Page.parse(await (await get('/payments?status=succeeded', 'demo')).json());
    expect(data).toMatchObject([
      { order_id: orders[0]?.id, amount: 100, currency: 'USD', gateway: 'stripe', calls: 1, review_at: null },
    ]);
    expect(await (await get(`/payments/${data[0]?.id}`, 'demo')).json()).toEqual(data[0]);
    const ofOrder = Page.parse(await (await get(`/payments?order_id=${orders[1]?.id}`, 'demo')).json());
    expect(ofOrder.data).toHaveLength(1);
    const ofNone = Page.parse(await (await get(`/payments?order_id=${orders[1]?.id}%20`, 'demo')).json());
    expect(ofNone.data).toEqual([]);
  });

  it('shows nothing of another’s but to administrators, and nothing to strangers', async () => {
    const answer = await shop.send('POST', '/orders', {
      as: 'admin',
      body: { products: [1], payment_method: 'pm_card_visa' },
    });
    const { payment } = z.object({ payment: z.object({ id: z.string() }) }).parse(await answer.json());
    expect(await codeOf(await get(`/payments/${payment.id}`, 'demo'))).toBe('not_found');
    expect((await get(`/payments/${payment.id}`, 'admin')).status).toBe(200);
    expect(await codeOf(await get(`/payments/${payment.id}`))).toBe('unauthenticated');
    const mine = Page.parse(await (await get('/payments?limit=100', 'demo')).json());
    expect(mine.data.map(({ id }) => id)).not.toContain(payment.id);
  });

  it('refuses statuses, limits and cursors that are none', async () => {
    for (const query of ['status=late', 'limit=0', 'limit=101', 'cursor=abc'])
      expect(await codeOf(await get(`/payments?${query}`, 'demo'))).toBe('invalid');
    expect(await codeOf(await get('/payments/webhook', 'demo'))).toBe('method_not_allowed');
  });

  it('shows the secret of a payment that waits for its buyer to the buyer alone', async () => {
    const { id } = await shop.place();
    const secret = 'pi_1_secret_2';
    const charge = async () => ({ status: 'requires_action' as const, reference: 'pi_1', clientSecret: secret });
    await shop.charge(id, { charge });
    const order = await shop.read(id);
    expect(order.payment).toMatchObject({ status: 'requires_action', client_secret: secret });
    const paths = [`/orders/${id}`, '/orders', `/payments/${order.payment?.id}`, '/payments', `/orders/${id}/timeline`];
    for (const path of paths) {
      expect((await get(path, 'admin')).status).toBe(200);
      expect(await (await get(path, 'admin')).text()).not.toContain(secret);
    }
    expect(await (await get(`/payments/${order.payment?.id}`, 'demo')).text()).toContain(secret);
    await shop.charge(id, { lookUp: async () => ({ status: 'succeeded', reference: 'pi_1' }) });
    expect(await (await get(`/orders/${id}`, 'demo')).text()).not.toContain(secret);
  });
});

describe('reading refunds', () => {
  const Refunds = z.object({ data: z.array(RefundView), next_cursor: z.string().nullable() });
  it('pages through everybody’s, filtered, and gives all of a filter as CSV', async () => {
    const asked: string[] = [];
    for (const reason of ['=1+1', 'Torn, "badly"', 'Late']) {
      const { id } = await shop.place();
      await shop.charge(id, takingGateway());
      const body = { amount: 12.5, reason };
      expect((await shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body })).status).toBe(202);
      asked.push(id);
    }
    await shop.refund(asked[0] ?? '', { refund: async () => ({ status: 'succeeded', reference: 're_1' }) });
    const read = async (query: string) => Refunds.parse(await (await get(`/refunds?${query}`, 'admin')).json());
    const first = await read('limit=2');
    const rest = await read(`limit=2&cursor=${first.next_cursor}`);
    const listed = [...first.data, ...rest.data].map(({ order_id }) => order_id);
    expect(listed).toEqual(asked.toReversed());
    expect((await read('status=succeeded')).data).toMatchObject([
      { order_id: asked[0], amount: 12.5, currency: 'USD', gateway_reference: 're_1', calls: 1, review_at: null },
    ]);
    expect((await read(`order_id=${asked[1]}`)).data.map(({ reason }) => reason)).toEqual(['Torn, "badly"']);
    expect((await read(`order_id=${asked[1]}%20`)).data).toEqual([]);
    const answer = await shop.send('GET', '/refunds?limit=1', { as: 'admin', headers: { accept: 'text/csv' } });
    expect(answer.headers.get('content-disposition')).toMatch(/filename="refunds-\d{4}-\d\d-\d\d\.csv"/);
    const [head, ...lines] = (await answer.text()).trimEnd().split('\r\n');
    expect(head).toBe(
      'id,created_at,status,order_id,payment_id,currency,amount,reason,gateway_reference,failure_code,settled_at',
    );
    const cells = ['USD,12.50,Late,', 'USD,12.50,"Torn, ""badly""",', `USD,12.50,'=1+1,re_1,`];
    expect(lines).toHaveLength(cells.length);
    lines.forEach((line, at) => expect(line).toContain(cells[at]));
  });

  it('refuses what is no filter, and everybody but administrators', async () => {
    for (const query of ['status=late', 'limit=0', 'cursor=abc', 'user_id=1'])
      expect(await codeOf(await get(`/refunds?${query}`, 'admin'))).toBe('invalid');
    expect(await codeOf(await get('/refunds', 'demo'))).toBe('forbidden');
    expect(await codeOf(await get('/refunds'))).toBe('unauthenticated');
  });
});

describe('the payments queue', () => {
  it('shows everyone how it goes, and changes nothing by that', async () => {
    for (const path of ['/payments/start', '/payments/start/'])
      expect(await (await get(path)).json()).toMatchObject({ status: 'running', active: 0 });
  });

  it('is stopped and started by administrators alone', async () => {
    for (const path of ['/payments/start', '/payments/stop']) {
      expect(await codeOf(await post(path))).toBe('unauthenticated');
      expect(await codeOf(await post(path, 'demo'))).toBe('forbidden');
    }
    expect(await (await get('/payments/start')).json()).toMatchObject({ status: 'running' });
  });

  it('charges nothing while it is stopped, whatever Redis has forgotten', async () => {
    const { id } = await shop.place();
    expect(await (await post('/payments/stop', 'admin')).json()).toMatchObject({ status: 'paused' });
    expect(await (await post('/payments/stop', 'admin')).json()).toMatchObject({ status: 'paused' });
    const calls: string[] = [];
    await expect(shop.charge(id, takingGateway(calls))).rejects.toThrow(RateLimited);
    expect(calls).toEqual([]);
    expect(await (await post('/payments/start', 'admin')).json()).toMatchObject({ status: 'running' });
    expect(await shop.charge(id, takingGateway(calls))).toBe('succeeded');
  });
});
