import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { z } from 'zod';
import { Order } from '../../../src/entities/orders.entity.ts';
import { logIn, type Platform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import type { Engines, Node } from './server-node.ts';

/** What a round of a drill has found; seconds are from the fault. */
export type Found = Readonly<{
  orders: number;
  lost: number;
  doubled: number;
  /** Taken, and not paid however long that was waited for. */
  stuck: number;
  /** When requests were told to come again, s. */
  refusals: readonly number[];
  /** Until the others were agreed on who does the work now. */
  failedOverIn: number;
  /** Until an order was taken that was asked for since. */
  takenIn: number;
  /** Until such an order was paid. */
  paidIn: number;
}>;

const Placed = z.object({ id: z.string() });
const pauseMs = 100;
const calmMs = 2_000;

/** Puts orders on the product, strikes the server that does the work, brings it back, and counts. */
export async function runRound(
  platform: Platform,
  engines: Engines,
  strike: (node: Node) => Promise<void>,
): Promise<Found> {
  const shop = await openShop(platform);
  await sleep(calmMs);
  const writer = await engines.writer();
  const faultMs = performance.now();
  await strike(writer);
  const since = async (what: string, holds: () => Promise<boolean> | boolean) => {
    await until(what, async () => (await holds()) || undefined);
    return (performance.now() - faultMs) / 1_000;
  };
  const takenSince = () => shop.taken.filter(({ askedMs }) => askedMs > faultMs).map(({ id }) => id);
  const [failedOverIn, takenIn, paidIn] = await Promise.all([
    since('another does the work', async () => (await engines.successor(writer).catch(() => undefined)) !== undefined),
    since('an order is taken', () => takenSince().length > 0),
    since('an order taken since is paid', async () => (await countPaid(platform, takenSince())) > 0),
  ]);
  await engines.bringBack(writer);
  await sleep(calmMs);
  await shop.close();
  const ids = shop.taken.map(({ id }) => id);
  await until('all are paid', async () => (await countPaid(platform, ids)) === ids.length || undefined).catch(() => {});
  const charged = (await platform.sandbox.ledger()).flatMap(({ order_id }) => (order_id === null ? [] : [order_id]));
  const once = new Set(charged);
  return {
    orders: ids.length,
    lost: ids.filter((id) => !once.has(id)).length,
    doubled: charged.length - once.size,
    stuck: ids.length - (await countPaid(platform, ids)),
    refusals: shop.refusedAtMs.map((atMs) => (atMs - faultMs) / 1_000),
    failedOverIn,
    takenIn,
    paidIn,
  };
}

/** Four buyers, each of whom asks again a tenth of a second after each answer. */
async function openShop(platform: Platform) {
  const token = await logIn(platform.url, 'demo');
  const taken: { id: string; askedMs: number }[] = [];
  const refusedAtMs: number[] = [];
  let isOver = false;
  const buy = async () => {
    while (!isOver) {
      const askedMs = performance.now();
      const id = await post(platform, token);
      if (id === undefined) refusedAtMs.push(performance.now());
      else taken.push({ id, askedMs });
      await sleep(pauseMs);
    }
  };
  const buying = Promise.all([buy(), buy(), buy(), buy()]);
  // Whatever ends the drill, it is what is told.
  buying.catch(() => {});
  return {
    taken,
    refusedAtMs,
    async close() {
      isOver = true;
      await buying;
    },
  };
}

/** Nobody is left without an answer: it is 201, or to come again. */
async function post(platform: Platform, token: string): Promise<string | undefined> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ products: [1, 2], total_amount: 100 });
  const answer = await fetch(`${platform.url}/orders`, { method: 'POST', headers, body });
  const told: unknown = await answer.json();
  if (answer.status === 201) return Placed.parse(told).id;
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
  return undefined;
}

async function countPaid({ orm }: Platform, ids: readonly string[]): Promise<number> {
  return orm.em
    .fork()
    .count(Order, { id: { $in: [...ids] }, status: 'paid' })
    .catch(() => 0);
}
