import { expect } from 'vitest';
import { z } from 'zod';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';

const Order = z.object({ id: z.string(), status: z.string() });

/** Places the original's order as the demo customer and returns its id. */
export async function placeOrder(platform: Platform, more: object = {}): Promise<string> {
  const answer = await platform.send('POST', '/orders/', { products: [1, 2], total_amount: 100, ...more });
  expect(answer.status).toBe(201);
  return Order.parse(await answer.json()).id;
}

/** Where an order stands, over HTTP. */
export async function statusOf(platform: Platform, id: string): Promise<string> {
  return Order.parse(await (await platform.send('GET', `/orders/${id}`)).json()).status;
}

/** Resolves when an order is paid. */
export async function untilPaid(platform: Platform, id: string): Promise<void> {
  await until('paid', async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
}
