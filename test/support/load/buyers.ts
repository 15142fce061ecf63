import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { patienceMs } from '../processes/process.ts';

/** What a buyer was told about an order: it was answered 201, after so many answers that were lost or told to come again. */
export type Bought = Readonly<{ key: string; id: string; repeats: number }>;

/** People who place as many orders as are wanted, until they are told to go home; nobody goes without having been answered 201. */
export type Buyers = Readonly<{
  bought: readonly Bought[];
  /** Wants so many orders more. */
  want(more: number): void;
  /** Whether every order that was wanted has been placed. */
  areDone(): boolean;
  /** Answers that nobody should get. */
  complaints: readonly string[];
  goHome(): Promise<void>;
}>;

const Placed = z.object({ id: z.string() });
// What there is to say while MySQL is away, or a copy of the request is still being worked on.
const comeAgain = new Set([409, 503]);

const baskets = [
  { products: [1] },
  { products: [1, 2] },
  { items: [{ product_id: 2, quantity: 3 }] },
  { products: [2], payment_method: 'pm_card_chargeDeclined' },
];

/** Sends buyers; `random` decides what they buy and how long they think about it. */
export function sendBuyers(
  count: number,
  { url, token, random, thinkMs }: Readonly<{ url: string; token: string; random: () => number; thinkMs: number }>,
): Buyers {
  const bought: Bought[] = [];
  const complaints: string[] = [];
  let isOver = false;
  let wanted = 0;
  let underWay = 0;
  const post = async (key: string, body: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': key };
    const signal = AbortSignal.timeout(10_000);
    try {
      const answer = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(body), signal });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return undefined;
    }
  };
  const buy = async () => {
    const key = randomUUID();
    const body = baskets[Math.floor(random() * baskets.length)] ?? {};
    const latest = performance.now() + patienceMs;
    for (let repeats = 0; performance.now() < latest; repeats += 1) {
      const answer = await post(key, body);
      if (answer?.status === 201) {
        bought.push({ key, id: Placed.parse(JSON.parse(answer.text)).id, repeats });
        return;
      }
      if (answer && !comeAgain.has(answer.status)) complaints.push(`${answer.status} ${answer.text}`);
      await sleep(200);
    }
    complaints.push(`${key} was not answered within ${patienceMs} ms`);
  };
  const buyer = async () => {
    while (!isOver) {
      if (wanted > 0) {
        wanted -= 1;
        underWay += 1;
        await buy();
        underWay -= 1;
      }
      await sleep(random() * 2 * thinkMs);
    }
  };
  const all = Array.from({ length: count }, buyer);
  return {
    bought,
    complaints,
    want(more) {
      wanted += more;
    },
    areDone: () => wanted + underWay === 0,
    async goHome() {
      isOver = true;
      await Promise.all(all);
    },
  };
}
