import { expect } from 'vitest';
import { z } from 'zod';
import type { Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';

const Overloaded = z.object({ code: z.literal('overloaded') });
const Order = z.object({ id: z.string(), status: z.string() });

/** Places the original's order as the demo customer and returns its id. On a slow machine a crowd is told to come again, and does. */
export async function placeOrder(platform: Platform, more: object = {}): Promise<string> {
  const wish = { products: [1, 2], total_amount: 100, ...more };
  return until('the order is let in', async () => {
    const answer = await platform.send('POST', '/orders/', wish);
    const said: unknown = await answer.json();
    if (answer.status === 503 && Overloaded.safeParse(said).success) return undefined;
    expect(answer.status).toBe(201);
    return Order.parse(said).id;
  });
}

/** Where an order stands, over HTTP. */
export async function statusOf(platform: Platform, id: string): Promise<string> {
  return Order.parse(await (await platform.send('GET', `/orders/${id}`)).json()).status;
}

/** Resolves when an order is paid. */
export async function untilPaid(platform: Platform, id: string): Promise<void> {
  await until('paid', async () => ((await statusOf(platform, id)) === 'paid' ? true : undefined));
}
