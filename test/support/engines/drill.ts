import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { Order } from '../../../src/entities/orders.entity.ts';
import { logIn, type Platform, startPlatform } from '../processes/platform.ts';
import { until } from '../processes/process.ts';
import type { Engines } from './server-node.ts';

const faults = [
  { what: 'killed', signal: 'SIGKILL' },
  { what: 'frozen, as if cut off', signal: 'SIGSTOP' },
] as const;

/** What a drill has found. */
type Found = Readonly<{
  orders: number;
  refused: number;
  lost: number;
  doubled: number;
  answersIn: number;
  paysIn: number;
}>;

const Placed = z.object({ id: z.string() });
const times = Number(process.env['DRILL_TIMES'] ?? 3);
const pauseMs = 100;
const calmMs = 2_000;

/** Drills engines some times over for each fault, and prints a line of figures for each; what cannot be had is said, and not run. */
export function drill(name: string, open: () => Promise<Engines>): void {
  test.each(faults)(`${name}, $what: no order is lost or charged twice`, async ({ what, signal }) => {
    const say = (line: string) => void process.stdout.write(`${name}, ${what}: ${line}\n`);
    const engines = await open().catch((error: unknown) => say(`not run: ${String(error)}`));
    if (!engines) return;
    const platform = await startPlatform({ env: { ...engines.env, RATE_LIMIT_BURST: '0' } });
    onTestFinished(async () => {
      await platform.stop();
      await engines.stop();
    });
    for (let round = 1; round <= times; round += 1) {
      const found = await runOnce(platform, engines, signal);
      say(
        `${found.orders} orders, ${found.lost} lost, ${found.doubled} doubled, ${found.refused} requests told to come again, ` +
          `orders taken ${found.answersIn.toFixed(1)} s and paid ${found.paysIn.toFixed(1)} s after the fault`,
      );
      expect(found).toMatchObject({ lost: 0, doubled: 0 });
    }
  });
}

async function runOnce(platform: Platform, engines: Engines, signal: NodeJS.Signals): Promise<Found> {
  const token = await logIn(platform.url, 'demo');
  const taken: { id: string; askedMs: number }[] = [];
  let refused = 0;
  let isOver = false;
  const buy = async () => {
    while (!isOver) {
      const askedMs = performance.now();
      const answer = await post(platform, token);
      if (answer.status === 201) taken.push({ id: answer.id, askedMs });
      else refused += 1;
      await sleep(pauseMs);
    }
  };
  const buying = Promise.all([buy(), buy(), buy(), buy()]);
  // Whatever ends the drill, it is what is told.
  buying.catch(() => {});
  await sleep(calmMs);
  const writer = await engines.writer();
  await writer.process().signal(signal);
  const faultMs = performance.now();
  const since = async (what: string, holds: () => Promise<boolean> | boolean) => {
    await until(what, async () => (await holds()) || undefined);
    return (performance.now() - faultMs) / 1_000;
  };
  const isTaken = ({ askedMs }: Readonly<{ askedMs: number }>) => askedMs > faultMs;
  const answersIn = await since('an order is taken', () => taken.some(isTaken));
  const paysIn = await since('an order taken since is paid', async () => {
    const [first] = taken.filter(isTaken);
    return first !== undefined && (await isPaid(platform, [first.id]));
  });
  await engines.bringBack(writer);
  await sleep(calmMs);
  isOver = true;
  await buying;
  const ids = taken.map(({ id }) => id);
  await until('all are paid', async () => (await isPaid(platform, ids)) || undefined).catch(() => {});
  const charged = (await platform.sandbox.ledger()).flatMap(({ order_id }) => (order_id === null ? [] : [order_id]));
  const once = new Set(charged);
  return {
    orders: ids.length,
    refused,
    lost: ids.filter((id) => !once.has(id)).length,
    doubled: charged.length - once.size,
    answersIn,
    paysIn,
  };
}

/** Nobody is left without an answer: it is 201, or to come again. */
async function post(platform: Platform, token: string) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ products: [1, 2], total_amount: 100 });
  const answer = await fetch(`${platform.url}/orders`, { method: 'POST', headers, body });
  const told: unknown = await answer.json();
  if (answer.status === 201) return { status: 201, id: Placed.parse(told).id } as const;
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
  return { status: 503 } as const;
}

async function isPaid({ orm }: Platform, ids: readonly string[]): Promise<boolean> {
  const paid = await orm.em
    .fork()
    .count(Order, { id: { $in: [...ids] }, status: 'paid' })
    .catch(() => 0);
  return paid === ids.length;
}
