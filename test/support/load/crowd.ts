import { expect } from 'vitest';
import { z } from 'zod';
import { Order } from '../../../src/entities/orders.entity.ts';
import { Payment } from '../../../src/entities/payments.entity.ts';
import { type Platform, startPlatform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import { accounts, Granted } from '../api/test-api.ts';

/** A method by which an order is paid at once; orders that name none wait for `/pay`. */
export const card = { payment_method: 'pm_card_visa' };
/** What is read of an order. */
export const OrderId = z.object({ id: z.string() });

/** Many people with one account, at two APIs and two workers. */
export type Crowd = Readonly<{
  platform: Platform;
  em(): ReturnType<Platform['orm']['em']['fork']>;
  /** Sends a write to one API or the other, in turn. */
  post(index: number, path: string, body: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** Places an order and returns its id. */
  place(index: number, body: object): Promise<string>;
  /** Every order is paid, and charged once, and no charge is anybody else's. */
  expectChargedOnce(ids: readonly string[]): Promise<void>;
}>;

/** Starts the platform and logs in. */
export async function openCrowd(): Promise<Crowd> {
  const platform = await startPlatform({ apis: 2, workers: 2, env: { PAYMENT_DEFAULT_METHOD: '' } });
  const send = (index: number, path: string, body: object, headers: Readonly<Record<string, string>>) =>
    fetch(`${platform.urls[index % 2]}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const login = await send(0, '/auth/login', accounts.demo, {});
  const authorization = `Bearer ${Granted.parse(await login.json()).access_token}`;
  const post: Crowd['post'] = (index, path, body, headers = {}) =>
    send(index, path, body, { authorization, ...headers });
  const em = () => platform.orm.em.fork();
  return {
    platform,
    em,
    post,
    place: async (index, body) => OrderId.parse(await (await post(index, '/orders', body)).json()).id,
    async expectChargedOnce(ids) {
      await until('all paid', async () =>
        (await em().count(Order, { id: { $in: [...ids] }, status: 'paid' })) === ids.length ? true : undefined,
      );
      const charged = (await platform.sandbox.ledger()).map(({ order_id }) => order_id ?? '');
      expect(charged.filter((id) => ids.includes(id)).toSorted()).toEqual(ids.toSorted());
      expect(await em().count(Payment, { order: { $in: [...ids] } })).toBe(ids.length);
    },
  };
}
