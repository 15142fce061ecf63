import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { Refund } from '../../../src/entities/payments.entity.ts';
import { openShop, type Shop, takingGateway } from '../../support/api/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

test('a path that is only like that of a paid order gives nothing back', async () => {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  for (const other of [`${id}%20`, `${id}%20%20`, id.toUpperCase(), `%20${id}`])
    expect((await shop.send('POST', `/orders/${other}/refund`, { as: 'admin' })).status, other).toBe(404);
  expect((await shop.read(id)).refunds).toEqual([]);
});

const Written = z.object({
  data: z.array(z.object({ after: z.object({ refund: z.object({ id: z.string(), amount: z.number() }) }) })),
});

test('what is written down of a refund is that one, whatever the clock of the process that was asked for the last', async () => {
  const { id } = await shop.place();
  await shop.charge(id, takingGateway());
  const refund = (amount: number) => shop.send('POST', `/orders/${id}/refund`, { as: 'admin', body: { amount } });
  expect((await refund(10)).status).toBe(202);
  const [first] = (await shop.read(id)).refunds;
  // As if made by a process whose clock is fast by years.
  const fast = `0350${first?.id.slice(4)}`;
  await shop.ctx.orm.em.fork().nativeUpdate(Refund, { id: first?.id ?? '' }, { id: fast });
  expect((await refund(20)).status).toBe(202);
  const answer = await shop.send('GET', `/audit?action=refundOrder&subject=${id}`, { as: 'admin' });
  const { data } = Written.parse(await answer.json());
  expect(data.map(({ after }) => after.refund.amount)).toEqual([20, 10]);
});
